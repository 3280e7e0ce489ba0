//! The people of the demo city, in one place: the server prints them, the loader creates them, the sign-in page lists them.

/// E-mail address and role of each; the role is a key of `accounts.demo`.
pub const DEMO_ACCOUNTS: [(&str, &str); 7] = [
    ("engineer@demo.keqiao", "engineer"),
    ("researcher@demo.keqiao", "researcher"),
    ("broker@demo.keqiao", "broker"),
    ("officer@demo.keqiao", "officer"),
    ("reviewer@demo.keqiao", "reviewer"),
    ("county@demo.keqiao", "county"),
    ("admin@demo.keqiao", "admin"),
];

/// The password of all of them. They can sign in only where the demo is on.
pub const DEMO_PASSWORD: &str = "keqiao-demo";
