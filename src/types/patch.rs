/// What a merge patch (RFC 7396) says of one member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Patch<T> {
    /// The member is not there: leave it.
    Keep,
    /// The member is `null`: take the value away, or put the default back.
    Clear,
    /// The member has a value: put it there.
    Set(T),
}

impl<T> Patch<T> {
    /// The same patch of another type.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Patch<U> {
        match self {
            Self::Keep => Patch::Keep,
            Self::Clear => Patch::Clear,
            Self::Set(value) => Patch::Set(change(value)),
        }
    }

    /// The member after the patch, for one that may be absent.
    pub fn over(self, current: Option<T>) -> Option<T> {
        match self {
            Self::Keep => current,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }

    /// The member after the patch, for one that has a default.
    pub fn over_or(self, current: T, default: T) -> T {
        match self {
            Self::Keep => current,
            Self::Clear => default,
            Self::Set(value) => value,
        }
    }
}
