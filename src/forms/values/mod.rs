//! What a form is made of. Each part exists twice: as it was *written*, where what is absent has a default, and as it is
//! *shown*, with nothing absent. Defaults are found when a form is read, so that they follow the display, and may become
//! better without touching what editors wrote.

mod appearance;
mod copy;
mod defaults;
mod fields;
mod key;
mod placement;
mod settings;
mod targeting;
mod variants;
mod welcome;
mod words;

pub use appearance::{DescribedSuccess, Style, Success, WrittenStyle};
pub use copy::{Copy, Texts, WrittenTexts};
pub use fields::{DescribedField, Field, FieldKind};
pub use key::{FormKey, FormReference, VariantKey};
pub use placement::{DescribedTrigger, FormDisplay, FormPosition, Trigger};
pub use settings::{DescribedFrequency, Frequency, Settings, Wording};
pub use targeting::{DescribedTargeting, Targeting};
pub use variants::{DescribedVariant, ShownVariant, Variant, Weight};
pub use welcome::{DescribedLetter, Letter, Letters};
