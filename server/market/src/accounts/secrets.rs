//! Passwords and tokens: what must not be guessed, and what is kept of it.

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version,
    password_hash::{self, phc::PasswordHash},
};
use rand::TryRngCore;
use sha2::{Digest, Sha256};

use crate::{Error, Market, Result};

/// Passes over the memory (OWASP password storage: argon2id, 19 MiB, t = 2, p = 1).
const PASSES: u32 = 2;
/// Salt of the hash that is computed when there is no account: nothing is ever compared with it.
const NO_ACCOUNT: &[u8] = b"keqiao-no-account";

/// A new token of 256 bits, hex.
pub(crate) fn new_token() -> Result<String> {
    let mut bytes = [0_u8; 32];
    rand::rngs::OsRng.try_fill_bytes(&mut bytes).map_err(Error::internal)?;
    Ok(hex(&bytes))
}

/// What is stored of a token: its SHA-256, hex.
pub(super) fn digest(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// A place among the few hashes computed at once. It is given back when the hash is done, also when nobody waits for it any more.
struct Slot(Market);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.hash_slots.add_permits(1);
    }
}

async fn in_slot<T: Send + 'static>(market: &Market, work: impl FnOnce(&Argon2<'_>) -> Result<T> + Send + 'static) -> Result<T> {
    let params = Params::new(market.config.hash_memory, PASSES, 1, None).map_err(Error::internal)?;
    market.hash_slots.acquire().await.map_err(Error::internal)?.forget();
    let slot = Slot(market.clone());
    tokio::task::spawn_blocking(move || {
        let _slot = slot;
        work(&Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    })
    .await
    .map_err(Error::internal)?
}

/// The PHC string of a new password.
pub(super) async fn hash(market: &Market, password: &str) -> Result<String> {
    let password = password.to_owned();
    in_slot(market, move |argon2| Ok(argon2.hash_password(password.as_bytes()).map_err(Error::internal)?.to_string())).await
}

/// Whether a password is the one of a PHC string; parameters come from the string. Without a string it takes the same time and is wrong.
pub(super) async fn verify(market: &Market, password: &str, stored: Option<String>) -> Result<bool> {
    let password = password.to_owned();
    in_slot(market, move |argon2| {
        let Some(stored) = stored else {
            let _: PasswordHash = argon2.hash_password_with_salt(password.as_bytes(), NO_ACCOUNT).map_err(Error::internal)?;
            return Ok(false);
        };
        let stored = PasswordHash::new(&stored).map_err(|e| Error::internal(format!("stored password hash: {e}")))?;
        match argon2.verify_password(password.as_bytes(), &stored) {
            Ok(()) => Ok(true),
            Err(password_hash::Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(Error::internal(error)),
        }
    })
    .await
}
