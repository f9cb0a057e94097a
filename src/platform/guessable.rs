//! Passwords that are guessed first: a common word in any disguise, what is known of the account, runs over the keyboard,
//! repetitions. Rules, where lists would fill megabytes.

/// Words from which the commonest passwords are made, as they are spelled once their disguise is off.
const COMMON: &str = "\
    abc access account admin administrator adobe alexander alexandra amanda america andrea andrew android angel angela \
    anthony apple april arsenal ashley asshole august austin author autumn azerty babygirl badboy banana bandit barcelona \
    baseball basketball batman beautiful benjamin blessed blink boomer brandon bubbles buster butterfly carlos celtic \
    changeit changeme changethis charles charlie cheese chelsea chicken chocolate chris christian christine christopher \
    claudia coffee computer cookie corvette cowboys daniel database december default dennis diamond doctor dragon eagles \
    easter edward einstein elephant elizabeth eminem england everton family february ferrari flower football forever \
    fortnite france freedom friday friend friends fuckoff fuckyou gandalf george germany ginger golden google guest \
    guitar hannah happy harley heather heaven hello helloworld hockey hunter icecream iloveme iloveu iloveyou india \
    internet iphone jackson january jasmine jason jennifer jessica jesus jesuschrist jordan joseph joshua juventus \
    killer kitten lakers letmein linkedin liverpool login london loveme lovely loveyou lucky madison magazine maggie \
    manchester manager march marina marlboro martin master mastercard masthead matrix matthew maverick melissa mercedes \
    merlin metallica michael michelle microsoft minecraft monday money monika monkey monster mother motorola mustang mypass \
    mypassword myspace naruto natalie nathan newsroom newyork nicholas nicole nintendo november october office online \
    orange padres pass passw passwd passwort password patrick peanut pepper phoenix pikachu playstation please pokemon \
    porsche precious press princess private purple qwerty qwertz rachel rainbow ranger realmadrid rebecca redsox richard \
    robert root samantha samsung samuel saturday scooter scorpion secret secure september service shadow shannon silver \
    slipknot smokey snoopy snowball soccer sophie spiderman spring starwars steelers stephanie steven summer sunday \
    sunflower sunshine superadmin superman superuser support sweetheart sydney system taylor temp temppass temporary \
    tennis test tester testing testuser thomas thunder thursday tigger tiger tomorrow toyota trustno tuesday user \
    valentina vanessa veronica victoria vincent wednesday welcome whatever whatsapp william windows winner winston winter \
    wizard wordpress yankees yellow yourname";

/// Rows of keys and signs that fingers follow, either way.
const ROWS: [&str; 12] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "`1234567890-=",
    "!@#$%^&*()_+",
    "qwertyuiop[]",
    "qwertzuiopü",
    "azertyuiop",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/qazwsxedcrfvtgbyhnujmikolp",
    "1q2w3e4r5t6y7u8i9o0pq1w2e3r4t5y6u7i8o9p0",
    "10293847561029147258369147",
];
/// Shorter ones happen by chance.
const SHORTEST_RUN: usize = 3;
/// How many signs that follow from nothing make a word a password.
const FEW: usize = 6;
/// A common word is shorter by far; this keeps the work small.
const MOST_LETTERS: usize = 64;

/// Whether a password is among the first that are guessed, by whoever knows these things of its owner.
pub fn is_guessable(password: &str, known: &[&str]) -> bool {
    let lower: Vec<char> = password.to_lowercase().chars().collect();
    let known: Vec<String> = known.iter().flat_map(|text| words_of(text)).collect();
    let mut once = lower.clone();
    once.dedup();
    is_monotonous(&lower)
        || unforeseen(&lower) <= SHORTEST_RUN
        || unforeseen(&once) <= SHORTEST_RUN
        || cores(&lower).any(|(core, around)| around <= FEW && is_made_of_words(&core, &known))
}

/// The words of a text as they are looked for: each for itself, those on either side of an `@`, and all in one.
fn words_of(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric());
    let parts = words.chain(lower.split('@')).chain([lower.as_str()]);
    let mut words: Vec<String> = parts
        .flat_map(|part| ['i', 'l'].map(|one| undisguised(part.chars(), one)))
        .collect();
    words.retain(|word| word.chars().count() >= SHORTEST_RUN);
    words
}

/// Three signs at most, or up to four of them again and again.
fn is_monotonous(text: &[char]) -> bool {
    let mut signs = text.to_vec();
    signs.sort_unstable();
    signs.dedup();
    let repeats = |period: usize| {
        let again = text.iter().skip(period);
        text.iter().zip(again).all(|(one, other)| one == other)
    };
    signs.len() <= 3 || (1..=4).any(repeats)
}

/// How many signs stand in no run.
fn unforeseen(text: &[char]) -> usize {
    let (mut at, mut count) = (0, 0);
    while at < text.len() {
        let run = ROWS.iter().map(|row| run_along(row, &text[at..])).max();
        match run.filter(|run| *run >= SHORTEST_RUN) {
            Some(run) => at += run,
            None => {
                at += 1;
                count += 1;
            }
        }
    }
    count
}

/// How far a text follows a row from anywhere in it, forwards or backwards.
fn run_along(row: &str, text: &[char]) -> usize {
    let forwards: Vec<char> = row.chars().collect();
    let backwards: Vec<char> = row.chars().rev().collect();
    let follow = |row: &[char]| {
        let length = |from: usize| {
            let pairs = row.iter().skip(from).zip(text);
            pairs.take_while(|(one, other)| one == other).count()
        };
        (0..row.len()).map(length).max().unwrap_or_default()
    };
    follow(&forwards).max(follow(&backwards))
}

/// What may be the word in a password, undisguised, for every way to take what stands before and after it for ornament;
/// with the number of ornaments that follow from nothing.
fn cores(text: &[char]) -> impl Iterator<Item = (String, usize)> {
    let is_ornament = |c: &&char| !c.is_alphabetic();
    let before = text.iter().take_while(is_ornament).count();
    let after = text.iter().rev().take_while(is_ornament).count();
    let starts = [0, before];
    // A sign at the end may be a letter in disguise; a few of them at most.
    let cuts = (0..=after.min(FEW)).chain([after]);
    let ends = cuts.map(|cut| text.len() - cut);
    let spans = ends.flat_map(move |end| starts.map(|start| (start.min(end), end)));
    spans.flat_map(move |(start, end)| {
        let around = ornaments(&text[..start]) + ornaments(&text[end..]);
        ['i', 'l'].map(|one| (undisguised(text[start..end].iter().copied(), one), around))
    })
}

/// How many ornaments there are; one again and again is one.
fn ornaments(text: &[char]) -> usize {
    let mut once = text.to_vec();
    once.dedup();
    unforeseen(&once)
}

/// Letters alone, signs that stand for letters put back; `one` is what 1 stands for.
fn undisguised(text: impl Iterator<Item = char>, one: char) -> String {
    let letter = |c: char| match c {
        '@' | '4' => Some('a'),
        '8' => Some('b'),
        '3' | '€' => Some('e'),
        '1' | '!' | '|' => Some(one),
        '0' => Some('o'),
        '$' | '5' => Some('s'),
        '7' | '+' => Some('t'),
        '9' => Some('g'),
        other => other.is_alphabetic().then_some(other),
    };
    text.filter_map(letter).take(MOST_LETTERS + 1).collect()
}

/// Whether letters are nothing but one of the common words and known ones, any number of times.
fn is_made_of_words(letters: &str, known: &[String]) -> bool {
    if letters.is_empty() || letters.len() > MOST_LETTERS {
        return false;
    }
    let common = COMMON.split_ascii_whitespace();
    let mut common = common.filter(|word| letters.contains(word));
    is_made_of(letters, None, known) || common.any(|word| is_made_of(letters, Some(word), known))
}

fn is_made_of(letters: &str, common: Option<&str>, known: &[String]) -> bool {
    let mut reached = vec![true];
    for end in 1..=letters.len() {
        let ends_with = |word: &str| {
            let start = end.checked_sub(word.len());
            start.is_some_and(|start| reached[start] && letters.get(start..end) == Some(word))
        };
        let is_reached = common.is_some_and(ends_with) || known.iter().any(|word| ends_with(word));
        reached.push(is_reached);
    }
    reached.last() == Some(&true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_words_are_found_in_any_disguise() {
        for password in [
            "letmein123",
            "Password1!",
            "P@$$w0rd2026",
            "pa55w0rd!!",
            "12345Admin",
            "!!Welcome2026!!",
            "passwordpassword",
            "pass-word-pass-word",
            "iloveyou12",
            "1loveyou!!!",
            "L3tm31n!!!",
            "ChangeMe#1",
            "administrator",
            "password123456789",
        ] {
            assert!(is_guessable(password, &[]), "{password}");
        }
    }

    #[test]
    fn runs_and_repetitions_are_found() {
        for password in [
            "1234567890",
            "0987654321",
            "a123456789",
            "abc1234567",
            "qwertyuiop",
            "qwerty12345!",
            "1q2w3e4r5t6y",
            "zaq12wsxcde3",
            "qazwsxedcrfv",
            "123qweasdzxc",
            "1122334455",
            "1029384756",
            "aaaaaaaaaaaa",
            "abababababab",
            "xyz9xyz9xyz9",
            "!@#$%^&*()",
        ] {
            assert!(is_guessable(password, &[]), "{password}");
        }
    }

    #[test]
    fn what_is_known_of_the_owner_is_no_password() {
        let known = ["r.writer@example.com", "Robin Writer", "The Daily Example"];
        for password in [
            "r.writer@example.com",
            "R.Writer@Example.com1",
            "robinwriter",
            "Robin-Writer-2026",
            "r0b1nwr1ter!",
            "thedailyexample",
            "writerpassword1",
        ] {
            assert!(is_guessable(password, &known), "{password}");
        }
        assert!(!is_guessable("robin reads in bed", &known));
    }

    #[test]
    fn other_passwords_are_left_alone() {
        for password in [
            "correct horse battery staple",
            "correct horse battery",
            "six-green-apples",
            "a much better one",
            "x7Kq!vbN2m",
            "password8305271946",
            "dragon and monkey go shopping",
            "пароль-из-семи-слов",
            "漢字仮名交じり文十字",
            &"long enough ".repeat(20),
        ] {
            assert!(!is_guessable(password, &[]), "{password}");
        }
    }

    #[test]
    fn no_password_takes_long_to_judge() {
        for sign in ["a", "1", "!", "é", "qwe", "pass", "1a"] {
            let long: String = sign.repeat(256).chars().take(256).collect();
            is_guessable(&long, &["a@example.com", "A", "abc"]);
        }
    }
}
