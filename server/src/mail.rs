//! Mail leaves the house: by SMTP, or into a folder in demo and tests.

use std::path::PathBuf;

use anyhow::Context as _;
use keqiao_app::letters::Words;
use keqiao_market::{
    Market,
    letters::{self, Worded, Wording as _},
};
use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::header::{ContentType, Header, HeaderName, HeaderValue},
};

use crate::config::Mail;

/// Where a mail program ends this kind of mail (RFC 2369).
#[derive(Clone)]
struct ListUnsubscribe(String);

impl Header for ListUnsubscribe {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(text.trim().trim_start_matches('<').trim_end_matches('>').to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), format!("<{}>", self.0))
    }
}

/// That one post there is enough (RFC 8058).
#[derive(Clone)]
struct OneClick;

impl Header for OneClick {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe-Post")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "List-Unsubscribe=One-Click".to_owned())
    }
}

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

    async fn send(&self, address: &str, letter: &Worded) -> anyhow::Result<()> {
        let from = match self {
            Self::Smtp(_, from) | Self::Folder(_, from) => from,
        };
        let mut message = Message::builder()
            .from(from.parse().context("mail.from is not an address")?)
            .to(address.parse().context("not an address")?)
            .subject(letter.subject.as_str())
            .header(ContentType::TEXT_PLAIN);
        if let Some(link) = &letter.unsubscribe {
            message = message.header(ListUnsubscribe(link.clone())).header(OneClick);
        }
        let message = message.body(letter.text.clone())?;
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
        let letter = Words::new(&market.config().base_url).mail(mail);
        match post.send(&mail.address, &letter).await {
            Ok(()) => letters::mark_sent(market, mail.id).await?,
            Err(error) => {
                tracing::warn!(%error, "a letter could not be sent");
                letters::mark_failed(market, mail.id, &error.to_string()).await?;
            }
        }
    }
    Ok(due.len())
}
