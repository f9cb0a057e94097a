mod list;
mod read;
mod write;

pub use list::{FormVersion, ListForms, ListFormsParams, ListVersions, ListVersionsParams};
pub use read::{Form, PublicForm, unshowable};
pub use write::{CreateForm, DescribedCreateForm, DescribedUpdateForm, UpdateForm};
