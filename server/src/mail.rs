//! Mail leaves the house: by SMTP, or into a folder in demo and tests.

use std::path::PathBuf;

use anyhow::Context as _;
use keqiao_app::letters::Words;
use keqiao_market::{
    Market,
    letters::{self, Wording as _},
};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor, message::header::ContentType};

use crate::config::Mail;

/// Where letters go.
pub enum Post {
    /// A mail server.
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>, String),
    /// One file a letter.
    Folder(PathBuf, String),
}

impl Post {
    /// The way out that the configuration names.
    ///
    /// # Errors
    /// When the SMTP address cannot be read.
    pub fn new(mail: &Mail, folder: PathBuf) -> anyhow::Result<Self> {
        if mail.smtp.is_empty() {
            return Ok(Self::Folder(folder, mail.from.clone()));
        }
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(&mail.smtp).context("mail.smtp is not an SMTP address")?.build();
        Ok(Self::Smtp(Box::new(transport), mail.from.clone()))
    }

    async fn send(&self, address: &str, subject: &str, text: &str) -> anyhow::Result<()> {
        let from = match self {
            Self::Smtp(_, from) | Self::Folder(_, from) => from,
        };
        let message = Message::builder()
            .from(from.parse().context("mail.from is not an address")?)
            .to(address.parse().context("not an address")?)
            .subject(subject)
            .header(ContentType::TEXT_PLAIN)
            .body(text.to_owned())?;
        match self {
            Self::Smtp(transport, _) => {
                transport.send(message).await?;
            }
            Self::Folder(folder, _) => {
                tokio::fs::create_dir_all(folder).await?;
                let file = folder.join(format!("{}.eml", uuid::Uuid::now_v7()));
                tokio::fs::write(file, message.formatted()).await?;
            }
        }
        Ok(())
    }
}

/// Sends what is due; answers how many letters were taken.
///
/// # Errors
/// When the queue cannot be read; a letter that cannot be sent is tried again later.
pub async fn mail_step(market: &Market, post: &Post) -> keqiao_market::Result<usize> {
    let due = letters::due_mail(market, 20).await?;
    for mail in &due {
        let (subject, text) = Words::new(&market.config().base_url).letter(mail.lang, &mail.letter);
        match post.send(&mail.address, &subject, &text).await {
            Ok(()) => letters::mark_sent(market, mail.id).await?,
            Err(error) => {
                tracing::warn!(%error, "a letter could not be sent");
                letters::mark_failed(market, mail.id, &error.to_string()).await?;
            }
        }
    }
    Ok(due.len())
}
