use std::collections::VecDeque;

use bytes::Bytes;
use uuid::Uuid;

use super::dto::Change;
use super::model::{ChangeRow, Feed};
use super::token::{ChangeToken, Place};

/// How many changes are kept at hand.
pub const KEPT: usize = 1000;

/// One event of the stream, ready to be sent. All listeners share its bytes.
#[derive(Debug, Clone)]
pub struct Frame {
    pub position: i64,
    pub bytes: Bytes,
}

/// The last changes, in memory, so that listeners who come back cost the database nothing.
pub struct Ring {
    installation: Uuid,
    /// Never empty. Of the first, the frame is never asked for: it is what the others come after.
    recent: VecDeque<(Place, Option<Bytes>)>,
}

impl Frame {
    /// What is sent of a change; `None` when nothing may be told.
    pub fn of(installation: Uuid, row: ChangeRow) -> Option<Self> {
        let position = row.place.position;
        let token = ChangeToken::new(installation, row.place);
        let data = serde_json::to_string(&Change::of(row)?).ok()?;
        let text = format!("id: {token}\nevent: change\ndata: {data}\n\n");
        Some(Self {
            position,
            bytes: text.into(),
        })
    }
}

impl Ring {
    /// Begins with the last changes, which were read together.
    pub fn new(last: Feed) -> Self {
        let mut ring = Self {
            installation: last.installation,
            recent: VecDeque::new(),
        };
        for row in last.rows {
            ring.push(row);
        }
        if ring.recent.is_empty() {
            ring.recent.push_back((last.newest, None));
        }
        ring
    }

    /// Which feed it is.
    pub fn installation(&self) -> Uuid {
        self.installation
    }

    /// The newest place.
    pub fn newest(&self) -> Place {
        self.recent
            .back()
            .map_or(Place::BEGINNING, |(place, _)| *place)
    }

    /// Takes the next change, and gives what is sent of it.
    pub fn push(&mut self, row: ChangeRow) -> Option<Frame> {
        let place = row.place;
        let frame = Frame::of(self.installation, row);
        let bytes = frame.as_ref().map(|frame| frame.bytes.clone());
        if self.recent.len() == KEPT {
            self.recent.pop_front();
        }
        self.recent.push_back((place, bytes));
        frame
    }

    /// Whether a token names a place that is at hand.
    pub fn knows(&self, token: ChangeToken) -> bool {
        let index = self.after(token.position());
        let place = index
            .checked_sub(1)
            .and_then(|index| self.recent.get(index));
        token.is_of(self.installation) && place.is_some_and(|(place, _)| token.names(*place))
    }

    /// At most `most` frames after a position, in order; `None` when some of them are not at hand any more.
    pub fn frames(&self, position: i64, most: usize) -> Option<Vec<Frame>> {
        let index = self.after(position);
        if index == 0 {
            return None;
        }
        let frames = self.recent.iter().skip(index).filter_map(|(place, bytes)| {
            Some(Frame {
                position: place.position,
                bytes: bytes.clone()?,
            })
        });
        Some(frames.take(most).collect())
    }

    /// The index of the first change after a position.
    fn after(&self, position: i64) -> usize {
        self.recent
            .partition_point(|(place, _)| place.position <= position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::changes::model::{ChangeKind, Told};
    use crate::platform::events::ReaderAction;
    use crate::types::{Parse, Slug};
    use chrono::DateTime;

    fn place(position: i64) -> Place {
        Place {
            position,
            at: DateTime::from_timestamp(position, 0).unwrap(),
        }
    }

    fn row(position: i64) -> ChangeRow {
        let told = Told {
            action: ReaderAction::Updated,
            kind: ChangeKind::Tag,
            id: Uuid::from_u128(1),
            slug: Slug::parse("gardening").unwrap(),
            cache_tags: Vec::new(),
        };
        ChangeRow {
            place: place(position),
            // Readers are told of every other change.
            told: (position % 2 == 0).then_some(told),
        }
    }

    fn ring(rows: Vec<ChangeRow>) -> Ring {
        Ring::new(Feed {
            installation: Uuid::from_u128(7),
            newest: rows.last().map_or(Place::BEGINNING, |row| row.place),
            base: None,
            rows,
        })
    }

    fn positions(frames: Option<Vec<Frame>>) -> Option<Vec<i64>> {
        frames.map(|frames| frames.iter().map(|frame| frame.position).collect())
    }

    #[test]
    fn frames_after_a_known_place_are_at_hand_and_others_are_not() {
        let ring = ring((3..=8).map(row).collect());
        let token = |position| ChangeToken::new(Uuid::from_u128(7), place(position));
        assert_eq!(positions(ring.frames(2, 9)), None);
        assert_eq!(positions(ring.frames(3, 9)), Some(vec![4, 6, 8]));
        assert_eq!(positions(ring.frames(4, 1)), Some(vec![6]));
        assert_eq!(positions(ring.frames(8, 9)), Some(vec![]));
        assert!(ring.knows(token(3)) && ring.knows(token(8)));
        assert!(!ring.knows(token(2)) && !ring.knows(token(9)));
        assert!(!ring.knows(ChangeToken::new(Uuid::from_u128(8), place(3))));
    }

    #[test]
    fn a_ring_keeps_the_last_and_begins_empty() {
        let mut ring = ring(Vec::new());
        assert_eq!(ring.newest(), Place::BEGINNING);
        assert_eq!(positions(ring.frames(0, 9)), Some(vec![]));
        for position in 1..=2000 {
            ring.push(row(position));
        }
        assert_eq!(ring.newest(), place(2000));
        assert_eq!(positions(ring.frames(1000, 9)), None);
        assert_eq!(positions(ring.frames(1001, 2)), Some(vec![1002, 1004]));
    }
}
