//! What wakes in the browser: small helps beside the fields of forms, which work without them. The server draws an island beside an
//! input and names the input by its id; awake, it follows what is typed there. Their words come along as props, so that the tables of
//! sentences stay out of the program that browsers download.

mod character_count;
mod credit_code_check;
mod money_echo;
#[cfg(feature = "ssr")]
mod parts;
mod submit_once;
mod typing;

#[cfg(feature = "ssr")]
pub(crate) use self::parts::{character_count, credit_code_check, money_echo, submit_once};
pub use self::{character_count::CharacterCount, credit_code_check::CreditCodeCheck, money_echo::MoneyEcho, submit_once::SubmitOnce};
