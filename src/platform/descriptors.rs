//! How many files and connections this process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit as far as it may be raised without privileges: many shells and init systems begin with 1,024, which is
/// less than the listeners of one busy instance.
pub fn raise_limit() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if let Err(fault) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!("the limit of open files can't be raised: {fault}");
    }
}

/// As many of the `wanted` connections that stay open for long as leave half of the limit for everybody else.
pub fn affordable(wanted: usize) -> usize {
    let limit = getrlimit(Resource::Nofile).current;
    let most = limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit / 2).unwrap_or(usize::MAX)
    });
    if most < wanted {
        tracing::warn!(
            "{most} listeners to events at most, not {wanted}: the limit of open files is {}",
            limit.unwrap_or_default()
        );
    }
    wanted.min(most)
}
