//! What listings mean, as an embeddings end point says it, beside their words.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, http::HeaderMap, http::StatusCode, response::IntoResponse, routing::post};
use keqiao_market::{
    Error,
    matching::{self, EmbeddingFailure},
};
use keqiao_model::ListingKind::{Achievement, Demand};
use keqiao_server::embeddings::{Embedder, Embeddings};
use keqiao_tests::{AchievementForm, DemandForm, Pair, Settings, TestApp};
use serde_json::{Value, json};

/// A confidential part that nobody outside may see.
const SECRET: &str = "配方甲乙丙";

fn with_model(model: &'static str) -> impl FnOnce(&mut Settings) {
    move |settings| {
        settings.embeddings =
            Embeddings { url: "http://127.0.0.1:9/nobody".to_owned(), model: model.to_owned(), batch: 4, ..Embeddings::default() };
    }
}

/// An end point that knows three subjects, and remembers what it was asked.
#[derive(Default)]
struct EndPoint {
    asked: Mutex<Vec<String>>,
    /// Texts with this word are refused.
    refuses: Option<&'static str>,
    /// Nobody answers.
    silent: bool,
}

impl EndPoint {
    fn answer(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbeddingFailure> {
        if self.silent {
            return Err(EmbeddingFailure::Unavailable("nobody answers".to_owned()));
        }
        if let Some(word) = self.refuses
            && texts.iter().any(|text| text.contains(word))
        {
            return Err(EmbeddingFailure::Refused(format!("400 {word}")));
        }
        self.asked.lock().unwrap().extend(texts.iter().cloned());
        let says = |text: &str, words: &[&str]| if words.iter().any(|word| text.contains(word)) { 1.0 } else { 0.01 };
        let vector = |text: &String| vec![says(text, &["轴承", "Spindle"]), says(text, &["印花", "printing"]), says(text, &["饲料"])];
        Ok(texts.iter().map(vector).collect())
    }

    /// Lets the worker go on until nothing is left to do; answers how many texts were asked about.
    async fn settle(&self, app: &TestApp) -> keqiao_market::Result<usize> {
        let before = self.asked.lock().unwrap().len();
        while matching::embedding_step(app.market(), |texts| std::future::ready(self.answer(&texts))).await? > 0 {}
        app.index().await;
        Ok(self.asked.lock().unwrap().len() - before)
    }
}

/// A demand and an achievement about bearings, one in English that shares only an indicator with the demand, and seven about other things.
async fn stocked(app: &TestApp) -> (Pair, String) {
    let pair = app.pair_of(DemandForm::complete().detail(SECRET), AchievementForm::complete().detail(SECRET)).await;
    let english = AchievementForm::complete().title("Spindle that runs cool").summary("Silicon nitride balls.").keywords("ceramics");
    let english = english.set("language", "en").set("one_sentence", "Runs cool.").set("advantage", "Lasts.").set("applications", "Two.");
    let english = app.published(&pair.researcher, &pair.officer, Achievement, english.fields()).await;
    for n in 0..7 {
        let other = AchievementForm::complete().title(&format!("第{n}种数码印花墨水")).summary("印花墨水不堵喷头。").keywords("印花");
        let other = other.set("one_sentence", "印花快。").set("advantage", "印花清楚。").set("applications", "三家印花厂。");
        app.published(&pair.researcher, &pair.officer, Achievement, other.fields()).await;
    }
    app.index().await;
    (pair, english)
}

/// Listings in it.
const ALL: usize = 10;

/// A demand's page of matches.
async fn matches(pair: &Pair) -> String {
    pair.engineer.open(&format!("/demands/{}/matches", pair.demand)).await.text
}

/// How many matches on such a page say that their meaning agrees; the list of weights says so once more.
fn meanings(page: &str) -> usize {
    page.matches("语义模型认为含义相近").count() - 1
}

#[tokio::test]
async fn listings_are_matched_by_what_they_mean() {
    let app = TestApp::with(with_model("three-subjects")).await;
    let (pair, english) = stocked(&app).await;
    assert_eq!(meanings(&matches(&pair).await), 0);

    let by_words = rows(&app).await;
    let end_point = EndPoint::default();
    assert_eq!(end_point.settle(&app).await.unwrap(), ALL);
    let page = matches(&pair).await;
    assert!(page.contains(&english) && meanings(&page) == 2, "{page}");
    assert!(!end_point.asked.lock().unwrap().iter().any(|text| text.contains(SECRET)), "only what everybody may read goes out");
    let status = matching::embedding_status(app.market()).await.unwrap().unwrap();
    assert_eq!((status.model.as_str(), status.embedded, status.refused, status.waiting), ("three-subjects", 10, 0, 0));
    let admin = app.admin().await;
    let overview = admin.open("/en/admin").await;
    assert!(overview.text.contains("three-subjects: 10 listings, 0 refused"), "{}", overview.text);

    // Each text is asked about once, whatever else happens to its listing.
    assert_eq!(end_point.settle(&app).await.unwrap(), 0);
    matching::reindex(app.market(), true, |_, _| {}).await.unwrap();
    let first = rows(&app).await;
    matching::reindex(app.market(), true, |_, _| {}).await.unwrap();
    assert_eq!(rows(&app).await, first, "two runs give the same answer");

    // It is remembered when the program starts again, and forgotten when it is configured otherwise.
    drop((pair, admin));
    let app = app.close().open().await;
    assert_eq!(end_point.settle(&app).await.unwrap(), 0);
    assert_eq!(rows(&app).await, first);
    let app = app.close().with(|settings| settings.embeddings.url.clear()).open().await;
    assert_eq!(end_point.settle(&app).await.unwrap(), 0);
    assert_eq!(rows(&app).await, by_words, "as before anything was asked");
    let app = app.close().with(with_model("three-subjects")).open().await;
    assert_eq!(end_point.settle(&app).await.unwrap(), 0);
    assert_eq!(rows(&app).await, first);
    let app = app.close().with(with_model("another")).open().await;
    assert_eq!(end_point.settle(&app).await.unwrap(), ALL, "another model is asked about everything");
    assert_eq!(rows(&app).await, first);
    assert_eq!(models(&app).await, ["another"], "what the first one said is not kept for ever");
    let app = app.close().with(with_model("three-subjects")).open().await;
    assert_eq!(end_point.settle(&app).await.unwrap(), ALL, "and it is asked again");
    assert_eq!((models(&app).await, rows(&app).await), (vec!["three-subjects".to_owned()], first));
}

#[tokio::test]
async fn a_new_listing_is_matched_by_its_meaning_and_a_moved_one_is_not_asked_about() {
    let app = TestApp::with(with_model("three-subjects")).await;
    let (pair, _) = stocked(&app).await;
    let end_point = EndPoint::default();
    end_point.settle(&app).await.unwrap();
    let second = AchievementForm::complete().title("Second Spindle").summary("Ceramic.").keywords("ceramics").set("language", "en");
    let second = second.set("one_sentence", "Quiet.").set("advantage", "Quiet.").set("applications", "One.");
    let second = app.published(&pair.researcher, &pair.officer, Achievement, second.fields()).await;
    app.index().await;
    let page = matches(&pair).await;
    assert!(page.contains(&second) && meanings(&page) == 2, "by its indicator alone");
    assert_eq!(end_point.settle(&app).await.unwrap(), 1);
    assert_eq!(meanings(&matches(&pair).await), 3);
    pair.interest().await;
    assert_eq!(end_point.settle(&app).await.unwrap(), 0);
}

#[tokio::test]
async fn an_index_that_is_built_anew_knows_what_was_said_meanwhile() {
    let app = TestApp::with(with_model("three-subjects")).await;
    stocked(&app).await;
    let end_point = EndPoint::default();
    while matching::embedding_step(app.market(), |texts| std::future::ready(end_point.answer(&texts))).await.unwrap() > 0 {}
    assert_eq!(app.market().search_index().embedded(), 0, "the index has not read the outbox yet");
    matching::reindex(app.market(), false, |_, _| {}).await.unwrap();
    assert_eq!(app.market().search_index().embedded(), ALL);
}

#[tokio::test]
async fn what_was_answered_before_a_failure_is_kept_and_of_several_nodes_one_asks() {
    let app = TestApp::with(with_model("three-subjects")).await;
    stocked(&app).await;
    let end_point = EndPoint::default();
    let left = std::cell::Cell::new(2);
    let twice = |texts: Vec<String>| {
        left.set(left.get() - 1);
        std::future::ready(if left.get() < 0 { Err(EmbeddingFailure::Unavailable("429".to_owned())) } else { end_point.answer(&texts) })
    };
    assert!(matching::embedding_step(app.market(), twice).await.is_err());
    let status = matching::embedding_status(app.market()).await.unwrap().unwrap();
    assert_eq!((status.embedded, status.waiting), (8, 2), "two batches of four");

    // Another node asks, and is not heard of any more.
    use keqiao_market::entity::consumer;
    use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, sea_query::Expr};
    let until = keqiao_market::db::micros(app.now() + time::Duration::minutes(2));
    let turn = consumer::Entity::update_many().col_expr(consumer::Column::Seq, Expr::value(until));
    turn.filter(consumer::Column::Name.eq("embeddings turn")).exec(app.market().database()).await.unwrap();
    assert_eq!(end_point.settle(&app).await.unwrap(), 0);
    app.wait(time::Duration::minutes(3));
    assert_eq!(end_point.settle(&app).await.unwrap(), 2);
}

/// The models whose answers are stored.
async fn models(app: &TestApp) -> Vec<String> {
    use sea_orm::EntityTrait;
    let rows = keqiao_market::entity::embedding::Entity::find().all(app.market().database()).await.unwrap();
    let models: std::collections::BTreeSet<String> = rows.into_iter().map(|row| row.model).collect();
    models.into_iter().collect()
}

/// Stored matches.
async fn rows(app: &TestApp) -> Vec<String> {
    use sea_orm::EntityTrait;
    let rows = keqiao_market::entity::matched::Entity::find().all(app.market().database()).await.unwrap();
    let mut lines: Vec<String> = rows.iter().map(|m| format!("{} {} {} {}", m.listing_id, m.other_id, m.place, m.score)).collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn a_silent_end_point_holds_nothing_up() {
    let app = TestApp::with(with_model("silent")).await;
    let end_point = EndPoint { silent: true, ..EndPoint::default() };
    let (pair, _) = stocked(&app).await;
    let before = app.rows().await;
    let failed = matching::embedding_step(app.market(), |texts| std::future::ready(end_point.answer(&texts))).await;
    assert!(matches!(failed, Err(Error::Internal(why)) if why.contains("nobody answers")));
    before.assert_same(&app.rows().await, "a silent end point");
    assert!(matches(&pair).await.contains(&pair.achievement), "words match as ever");
    assert_eq!(matching::embedding_status(app.market()).await.unwrap().unwrap().waiting, 10);
    let since = app.now();
    app.wait(time::Duration::minutes(1));
    assert!(matching::embedding_step(app.market(), |texts| std::future::ready(end_point.answer(&texts))).await.is_err());
    let (failing, why) = matching::embedding_status(app.market()).await.unwrap().unwrap().failing.unwrap();
    assert!(failing <= since && why.contains("nobody answers"), "since the first time: {failing}, {why}");
    let admin = app.admin().await;
    let overview = admin.open("/en/admin").await;
    assert!(overview.says("nobody answers") && overview.says("Matches go by words meanwhile"), "{}", overview.text);
    assert_eq!(EndPoint::default().settle(&app).await.unwrap(), ALL, "when it answers again, nothing was lost");
    assert!(!admin.open("/en/admin").await.says("nobody answers"));
    let wrong = |texts: Vec<String>| std::future::ready(Ok(vec![vec![1.0, 0.0, 0.0]; texts.len() + 1]));
    app.published(&pair.engineer, &pair.officer, Demand, DemandForm::complete().title("轴承异响").fields()).await;
    assert!(matching::embedding_step(app.market(), wrong).await.is_err(), "too many vectors");
    assert_eq!(EndPoint::default().settle(&app).await.unwrap(), 1);
}

#[tokio::test]
async fn one_refused_text_does_not_spoil_the_others() {
    let app = TestApp::with(with_model("refuses")).await;
    let (pair, _) = stocked(&app).await;
    // Who refuses everything is set up wrongly: no listing is to blame.
    let refuses_all = |_: Vec<String>| async { Err(EmbeddingFailure::Refused("400 no such model".to_owned())) };
    assert!(matching::embedding_step(app.market(), refuses_all).await.is_err());
    assert_eq!(matching::embedding_status(app.market()).await.unwrap().unwrap().refused, 0);

    let end_point = EndPoint { refuses: Some("Spindle"), ..EndPoint::default() };
    end_point.settle(&app).await.unwrap();
    let status = matching::embedding_status(app.market()).await.unwrap().unwrap();
    assert_eq!((status.embedded, status.refused, status.waiting), (9, 1, 0));
    assert_eq!(end_point.settle(&app).await.unwrap(), 0, "nor is it asked again and again");
    assert_eq!(meanings(&matches(&pair).await), 1);

    // Who configures shorter texts has the refused ones asked about again, and only those.
    drop(pair);
    let app = app.close().with(|settings| settings.embeddings.characters = 900).open().await;
    let end_point = EndPoint::default();
    assert_eq!(end_point.settle(&app).await.unwrap(), 1);
    assert_eq!(matching::embedding_status(app.market()).await.unwrap().unwrap().refused, 0);
}

/// A server that answers as told: address and what it was sent.
async fn server(status: StatusCode, body: &'static str, wait: Duration) -> (String, Arc<Mutex<Vec<(HeaderMap, Value)>>>) {
    let seen: Arc<Mutex<Vec<(HeaderMap, Value)>>> = Arc::default();
    let noted = seen.clone();
    let answer = move |headers: HeaderMap, asked: String| {
        noted.lock().unwrap().push((headers, serde_json::from_str(&asked).unwrap()));
        async move {
            tokio::time::sleep(wait).await;
            (status, [("content-type", "application/json"), ("location", "/elsewhere")], body).into_response()
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/v1/embeddings", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/v1/embeddings", post(answer))).await });
    (address, seen)
}

/// What the program's own client makes of an answer, and what it sent.
async fn asked(status: StatusCode, body: &'static str, wait: Duration) -> (Result<Vec<Vec<f32>>, EmbeddingFailure>, (HeaderMap, Value)) {
    let (url, seen) = server(status, body, wait).await;
    let settings = Embeddings { url, model: "bge-m3".to_owned(), key: "open sesame".to_owned(), seconds: 1, ..Embeddings::default() };
    let answer = Embedder::new(&settings).embed(vec!["轴承".to_owned(), "印花".to_owned()]).await;
    let sent = seen.lock().unwrap().remove(0);
    (answer, sent)
}

#[tokio::test]
async fn the_end_point_is_asked_as_openai_is() {
    let now = Duration::ZERO;
    let body = r#"{"object":"list","data":[{"object":"embedding","index":1,"embedding":[0.5,1e-3]},{"index":0,"embedding":[1,0]}]}"#;
    let (answer, (headers, sent)) = asked(StatusCode::OK, body, now).await;
    assert_eq!(answer, Ok(vec![vec![1.0, 0.0], vec![0.5, 0.001]]));
    assert_eq!(sent, json!({ "model": "bge-m3", "input": ["轴承", "印花"], "encoding_format": "float" }));
    assert_eq!(headers["authorization"], "Bearer open sesame");

    for (status, body, refused) in [
        (StatusCode::BAD_REQUEST, r#"{"error":{"message":"too long"}}"#, true),
        (StatusCode::PAYLOAD_TOO_LARGE, "", true),
        (StatusCode::INTERNAL_SERVER_ERROR, "input is too large to process", true),
        (StatusCode::UNAUTHORIZED, "no", false),
        (StatusCode::TOO_MANY_REQUESTS, "slowly", false),
        (StatusCode::SERVICE_UNAVAILABLE, "", false),
        (StatusCode::FOUND, "", false),
        (StatusCode::OK, "<html>", false),
        (StatusCode::OK, r#"{"data":[{"index":0,"embedding":[1,0]}]}"#, false),
    ] {
        let (answer, _) = asked(status, body, now).await;
        assert_eq!(matches!(answer, Err(EmbeddingFailure::Refused(_))), refused, "{status} {body}: {answer:?}");
        assert!(answer.is_err(), "{status} {body}");
    }
    let (slow, _) = asked(StatusCode::OK, body, Duration::from_secs(30)).await;
    assert!(matches!(&slow, Err(EmbeddingFailure::Refused(why)) if why.contains("1 seconds")), "{slow:?}");
}
