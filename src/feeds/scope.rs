use crate::delivery::NewestOf;
use crate::rest::Problem;
use crate::types::Parse;

/// The tag with this slug or id. What can't be one is not found.
pub fn tag(text: &str) -> Result<NewestOf, Problem> {
    Parse::parse(text)
        .map(NewestOf::Tag)
        .map_err(|_| Problem::NotFound("tag"))
}

/// The author with this slug or id. What can't be one is not found.
pub fn author(text: &str) -> Result<NewestOf, Problem> {
    Parse::parse(text)
        .map(NewestOf::Author)
        .map_err(|_| Problem::NotFound("author"))
}

/// What is not there when nothing is found.
pub fn missing(of: &NewestOf) -> Problem {
    Problem::NotFound(match of {
        NewestOf::Site => "site",
        NewestOf::Tag(_) => "tag",
        NewestOf::Author(_) => "author",
    })
}
