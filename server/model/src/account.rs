//! What is asked of an e-mail address and a password.
//!
//! Source: OWASP ASVS 5.0, 6.2.1–6.2.9: at least 8 characters, long ones welcome, any composition, nothing from the list of common ones.

use crate::{Check, FieldError};

/// Shortest password, characters.
pub const PASSWORD_MIN: usize = 8;
/// Longest password, characters.
pub const PASSWORD_MAX: usize = 128;

/// The passwords that are tried first everywhere, also with a year or mark behind them.
const COMMON: [&str; 30] = [
    "password",
    "passw0rd",
    "12345678",
    "123456789",
    "1234567890",
    "87654321",
    "qwertyui",
    "qwertyuiop",
    "qwerty123",
    "11111111",
    "00000000",
    "88888888",
    "66666666",
    "abc12345",
    "abcd1234",
    "a1234567",
    "a12345678",
    "1q2w3e4r",
    "1qaz2wsx",
    "iloveyou",
    "admin123",
    "admin888",
    "woaini1314",
    "5201314520",
    "letmein123",
    "welcome1",
    "keqiao123",
    "keqiao2026",
    "asdfghjk",
    "123123123",
];

/// An address as it is stored: trimmed, lower case; plausible, not verified.
pub fn read_email(check: &mut Check, field: &str, typed: &str) -> String {
    let email = check.required(field, typed, 200).to_lowercase();
    let plausible = email.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && local.len() <= 64
            && domain.contains('.')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
            && !email.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | ';' | '<' | '>' | '"'))
            && !domain.contains('@')
    });
    check.ensure(plausible || email.is_empty(), field, "email");
    email
}

/// Refuses passwords that are too short, too long or too common.
pub fn check_password(check: &mut Check, field: &str, password: &str, email: &str) {
    let length = password.chars().count();
    if length < PASSWORD_MIN {
        check.refuse(FieldError::new(field, "password_short").with("min", PASSWORD_MIN));
    } else if length > PASSWORD_MAX {
        check.refuse(FieldError::new(field, "too_long").with("max", PASSWORD_MAX).with("length", length));
    } else {
        let lower = password.to_lowercase();
        let common = COMMON.contains(&lower.as_str())
            || lower == email
            || lower.chars().next().is_some_and(|first| lower.chars().all(|c| c == first));
        check.ensure(!common, field, "password_common");
    }
}
