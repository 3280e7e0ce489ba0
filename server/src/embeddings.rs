//! An embeddings end point as OpenAI's is, `POST {url}` with `{"model", "input"}`: what texts mean, as vectors.
//!
//! Off unless it is configured. Only what everybody may read of a listing is sent. Its failures are the worker's to wait out: nothing that
//! people do waits for it.

use std::time::Duration;

use keqiao_market::{EmbeddingConfig, matching::EmbeddingFailure};
use serde::{Deserialize, Serialize};
use serde_json::json;
use ureq::{Agent, http::Response};

/// Bytes of an answer.
const ANSWER_MAX: u64 = 64 * 1024 * 1024;
/// Characters of a complaint that are told on.
const COMPLAINT_MAX: usize = 300;

/// Which end point, and what it may cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Embeddings {
    /// Its address, such as `http://127.0.0.1:8080/v1/embeddings`; empty: matches go by words.
    pub url: String,
    /// The model asked for.
    pub model: String,
    /// What it wants to be shown (`Authorization: Bearer …`); empty: nothing.
    pub key: String,
    /// What is put before each text, such as `query: ` for models of the E5 family.
    pub prefix: String,
    /// Seconds one request may take.
    pub seconds: u64,
    /// Texts of one request.
    pub batch: usize,
    /// Longest text, characters; what is longer is cut.
    pub characters: usize,
}

impl Default for Embeddings {
    fn default() -> Self {
        Self {
            url: String::new(),
            model: String::new(),
            key: String::new(),
            prefix: String::new(),
            seconds: 30,
            batch: 32,
            characters: 1_000,
        }
    }
}

impl Embeddings {
    /// Whether there is one.
    pub fn is_on(&self) -> bool {
        !self.url.is_empty()
    }

    /// What is wrong with it.
    pub fn mistake(&self) -> Option<String> {
        if !self.is_on() {
            return None;
        }
        if !self.url.starts_with("http://") && !self.url.starts_with("https://") {
            return Some(format!("embeddings.url: `{}` does not begin with http:// or https://", self.url));
        }
        if self.model.trim().is_empty() {
            return Some("embeddings.model: which model is to be asked?".to_owned());
        }
        let sane = (1..=600).contains(&self.seconds) && (1..=2_048).contains(&self.batch) && (50..=100_000).contains(&self.characters);
        (!sane).then(|| "embeddings: needs 1 to 600 seconds, 1 to 2048 texts a batch, 50 to 100000 characters".to_owned())
    }

    /// What the market needs to know of it.
    pub fn market(&self) -> Option<EmbeddingConfig> {
        let (model, prefix) = (self.model.clone(), self.prefix.clone());
        self.is_on().then_some(EmbeddingConfig { model, prefix, batch: self.batch, characters: self.characters })
    }
}

/// Asks the end point.
#[derive(Clone)]
pub struct Embedder {
    agent: Agent,
    settings: Embeddings,
}

/// What it answers.
#[derive(Deserialize)]
struct Answer {
    data: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    /// The place of its text; without one the order counts.
    index: Option<usize>,
    embedding: Vec<f32>,
}

impl Embedder {
    /// As configured.
    pub fn new(settings: &Embeddings) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(settings.seconds)))
            .http_status_as_error(false)
            // A redirected post becomes another request; and the key is for one address.
            .max_redirects(0)
            .user_agent(concat!("keqiao/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.into(), settings: settings.clone() }
    }

    /// The vectors of these texts, in their order, without stopping other work.
    ///
    /// # Errors
    /// [`EmbeddingFailure`].
    pub async fn embed(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, EmbeddingFailure> {
        let this = self.clone();
        let asked = tokio::task::spawn_blocking(move || this.ask(&texts)).await;
        asked.unwrap_or_else(|error| Err(EmbeddingFailure::Unavailable(error.to_string())))
    }

    /// As [`Embedder::embed`]. Blocking.
    ///
    /// # Errors
    /// [`EmbeddingFailure`].
    pub fn ask(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbeddingFailure> {
        let unavailable = |error: &dyn std::fmt::Display| EmbeddingFailure::Unavailable(error.to_string());
        let mut request = self.agent.post(&self.settings.url);
        if !self.settings.key.is_empty() {
            request = request.header("Authorization", format!("Bearer {}", self.settings.key));
        }
        let asked = json!({ "model": self.settings.model, "input": texts, "encoding_format": "float" });
        // Whether a text takes too long or the end point does shows when a harmless one is asked about.
        let failed = |error: ureq::Error| match error {
            ureq::Error::Timeout(_) => EmbeddingFailure::Refused(format!("no answer within {} seconds", self.settings.seconds)),
            error => unavailable(&error),
        };
        let mut response = request.send_json(&asked).map_err(failed)?;
        match response.status().as_u16() {
            200..=299 => {}
            // Not allowed, not there, busy, or somebody between: that may be otherwise another time, whatever the texts are.
            status @ (300..=399 | 401 | 403 | 404 | 408 | 429 | 502..=504) => {
                return Err(EmbeddingFailure::Unavailable(complaint(status, &mut response)));
            }
            // Some say 400, others 500 to a text that is too long for them.
            status => return Err(EmbeddingFailure::Refused(complaint(status, &mut response))),
        }
        let answer: Answer = response.body_mut().with_config().limit(ANSWER_MAX).read_json().map_err(failed)?;
        vectors(answer, texts.len()).map_err(EmbeddingFailure::Unavailable)
    }
}

fn complaint(status: u16, response: &mut Response<ureq::Body>) -> String {
    let words = response.body_mut().with_config().limit(ANSWER_MAX).read_to_string().unwrap_or_default();
    let words: String = words.chars().filter(|c| !c.is_control()).take(COMPLAINT_MAX).collect();
    format!("{status} {words}")
}

/// One vector a text, all of one size.
fn vectors(answer: Answer, count: usize) -> Result<Vec<Vec<f32>>, String> {
    let mut placed: Vec<Option<Vec<f32>>> = vec![None; count];
    let given = answer.data.len();
    let size = answer.data.first().map_or(0, |vector| vector.embedding.len());
    for (place, vector) in answer.data.into_iter().enumerate() {
        if vector.embedding.len() != size || size == 0 {
            return Err("vectors of different sizes".to_owned());
        }
        if let Some(slot) = placed.get_mut(vector.index.unwrap_or(place)) {
            *slot = Some(vector.embedding);
        }
    }
    placed.into_iter().collect::<Option<Vec<_>>>().filter(|_| given == count).ok_or_else(|| format!("{given} vectors for {count} texts"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_come_in_the_order_of_their_texts() {
        let read = |json: &str| vectors(serde_json::from_str(json).unwrap(), 2);
        let (one, two) = (vec![1.0, 0.0], vec![0.0, 1.0]);
        let turned = r#"{"data":[{"index":1,"embedding":[0,1]},{"index":0,"embedding":[1,0]}],"usage":{}}"#;
        assert_eq!(read(turned), Ok(vec![one.clone(), two.clone()]));
        assert_eq!(read(r#"{"data":[{"embedding":[1,0]},{"embedding":[0,1]}]}"#), Ok(vec![one, two]));
        for bad in [
            r#"{"data":[]}"#,
            r#"{"data":[{"embedding":[1,0]}]}"#,
            r#"{"data":[{"embedding":[1,0]},{"embedding":[1]}]}"#,
            r#"{"data":[{"embedding":[]},{"embedding":[]}]}"#,
            r#"{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}"#,
            r#"{"data":[{"index":0,"embedding":[1]},{"index":7,"embedding":[1]}]}"#,
            r#"{"data":[{"embedding":[1]},{"embedding":[1]},{"embedding":[1]}]}"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
