use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::rest::body::{FromBody, Members, object_member};
use crate::types::{Fault, Line, Whole, closed_set};

closed_set! {
    /// How a form stands on a page.
    pub enum FormDisplay {
        /// In the text, where its placeholder is.
        Inline = "inline",
        /// A box that slides in at an edge.
        SlideIn = "slide_in",
        /// A dialog in front of the page.
        Modal = "modal",
        /// A strip along the top or the bottom.
        Bar = "bar",
    }
}

closed_set! {
    /// Where a form that is not in the text stands.
    pub enum FormPosition {
        BottomRight = "bottom_right",
        BottomLeft = "bottom_left",
        CenterRight = "center_right",
        CenterLeft = "center_left",
        Top = "top",
        Bottom = "bottom",
        Center = "center",
    }
}

impl FormDisplay {
    /// Where it can stand, the usual place first.
    pub fn positions(self) -> &'static [FormPosition] {
        use FormPosition::{Bottom, BottomLeft, BottomRight, Center, CenterLeft, CenterRight, Top};
        match self {
            Self::Inline => &[],
            Self::SlideIn => &[BottomRight, BottomLeft, CenterRight, CenterLeft],
            Self::Modal => &[Center],
            Self::Bar => &[Bottom, Top],
        }
    }

    /// Where it stands when nobody says.
    pub fn usual_position(self) -> Option<FormPosition> {
        self.positions().first().copied()
    }

    /// What makes it appear when nobody says.
    pub fn usual_trigger(self) -> Trigger {
        match self {
            Self::Inline => Trigger::Immediate,
            Self::SlideIn | Self::Bar => Trigger::usual_scroll(),
            Self::Modal => Trigger::ExitIntent,
        }
    }

    /// Refuses a position in which it can't stand.
    pub fn check_position(self, position: Option<FormPosition>) -> Result<(), Fault> {
        match position {
            Some(position) if !self.positions().contains(&position) => {
                let known: Vec<&str> = self
                    .positions()
                    .iter()
                    .map(|known| known.as_str())
                    .collect();
                let detail = if known.is_empty() {
                    "a form in the text has no position; leave it out".to_owned()
                } else {
                    format!(
                        "does not go with the display; must be one of: {}",
                        known.join(" ")
                    )
                };
                Err(Fault::new("conflicting", detail))
            }
            _ => Ok(()),
        }
    }
}

closed_set! {
    /// What makes a form appear.
    pub enum TriggerKind {
        /// Nothing: it is there at once.
        Immediate = "immediate",
        /// So many `seconds` on the page.
        Delay = "delay",
        /// So many `percent` of the page read.
        Scroll = "scroll",
        /// The pointer leaves the page.
        ExitIntent = "exit_intent",
        /// The element that the `selector` names comes into view.
        Element = "element",
        /// The reader's `count`th article.
        NthArticle = "nth_article",
        /// The page's own script.
        Manual = "manual",
    }
}

/// What makes a form appear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(as = FormTrigger)]
pub enum Trigger {
    Immediate,
    Delay {
        #[schema(inline, examples(7))]
        seconds: Whole<0, 3600>,
    },
    Scroll {
        #[schema(inline, examples(60))]
        percent: Whole<1, 100>,
    },
    ExitIntent,
    Element {
        #[schema(inline, examples("#comments"))]
        selector: Line<200>,
    },
    NthArticle {
        #[schema(inline, examples(3))]
        count: Whole<1, 1000>,
    },
    Manual,
}

impl Trigger {
    fn usual_scroll() -> Self {
        match Whole::new(60) {
            Ok(percent) => Self::Scroll { percent },
            Err(_) => Self::Immediate,
        }
    }
}

impl FromBody for Trigger {
    fn from_body(members: &mut Members<'_>) -> Option<Self> {
        let Some(kind) = members.required("kind") else {
            members.pass_over_rest();
            return None;
        };
        Some(match kind {
            TriggerKind::Immediate => Self::Immediate,
            TriggerKind::Delay => Self::Delay {
                seconds: members.required("seconds")?,
            },
            TriggerKind::Scroll => Self::Scroll {
                percent: members.required("percent")?,
            },
            TriggerKind::ExitIntent => Self::ExitIntent,
            TriggerKind::Element => Self::Element {
                selector: members.required("selector")?,
            },
            TriggerKind::NthArticle => Self::NthArticle {
                count: members.required("count")?,
            },
            TriggerKind::Manual => Self::Manual,
        })
    }
}
object_member!(Trigger);

/// What makes a form appear. `delay` needs `seconds`, `scroll` needs `percent`, `element` needs `selector`, `nth_article`
/// needs `count`; the others need nothing more.
#[derive(ToSchema)]
#[schema(as = WrittenTrigger)]
#[expect(dead_code, reason = "describes a member; `Trigger` reads it")]
pub struct DescribedTrigger {
    kind: TriggerKind,
    #[schema(inline, required = false, nullable = false)]
    seconds: Option<Whole<0, 3600>>,
    #[schema(inline, required = false, nullable = false)]
    percent: Option<Whole<1, 100>>,
    /// CSS, as `querySelector` takes it.
    #[schema(inline, nullable = false)]
    selector: Option<Line<200>>,
    #[schema(inline, required = false, nullable = false)]
    count: Option<Whole<1, 1000>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_display_has_its_places() {
        use FormDisplay::{Bar, Inline, Modal, SlideIn};
        for (display, usual) in [
            (Inline, None),
            (SlideIn, Some(FormPosition::BottomRight)),
            (Modal, Some(FormPosition::Center)),
            (Bar, Some(FormPosition::Bottom)),
        ] {
            assert_eq!(display.usual_position(), usual);
            assert!(display.check_position(usual).is_ok());
        }
        assert!(Inline.check_position(Some(FormPosition::Top)).is_err());
        assert!(Bar.check_position(Some(FormPosition::Center)).is_err());
    }
}
