use super::closed_set;

closed_set! {
    /// What an account may do: an admin may do what an editor may, an editor what an author may.
    pub enum Role {
        /// Writes and submits their own articles.
        Author = "author",
        /// Edits and publishes everyone's articles, keeps tags and subscribers.
        Editor = "editor",
        /// May, so far, what an editor may: accounts are kept on the command line.
        Admin = "admin",
    }
}

impl Role {
    /// Whether someone with this role may do what `needed` may.
    pub fn covers(self, needed: Self) -> bool {
        self >= needed
    }
}

#[cfg(test)]
mod tests {
    use super::Role::{Admin, Author, Editor};

    #[test]
    fn each_role_covers_itself_and_those_below() {
        let covers = [
            (Admin, Editor, true),
            (Editor, Admin, false),
            (Author, Author, true),
            (Author, Editor, false),
        ];
        for (role, needed, expected) in covers {
            assert_eq!(role.covers(needed), expected, "{role:?} for {needed:?}");
        }
    }
}
