//! A person with a browser: an own cookie jar, and requests as a browser without JavaScript sends them.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Mutex, MutexGuard},
};

use axum::{
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header},
};
use keqiao_market::Actor;
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::{Answer, Form, TestApp, Typed, answer::File};

/// A password that nothing refuses.
pub const PASSWORD: &str = "石桥 with a long tail";

/// Name of the session cookie.
const SESSION: &str = "__Host-session";

/// A person with a browser.
pub struct Client {
    app: TestApp,
    cookies: Mutex<BTreeMap<String, String>>,
    headers: HeaderMap,
    peer: Option<SocketAddr>,
    person: Option<Uuid>,
    organisation: Option<Uuid>,
    email: Mutex<String>,
}

impl Client {
    pub(crate) fn new(app: &TestApp) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("keqiao.example"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static("Test/1.0"));
        headers.insert(header::ACCEPT, HeaderValue::from_static("text/html"));
        headers.insert("sec-fetch-site", HeaderValue::from_static("same-origin"));
        Self { app: app.clone(), cookies: Mutex::default(), headers, peer: None, person: None, organisation: None, email: Mutex::default() }
    }

    pub(crate) fn known_as(self, person: Uuid) -> Self {
        Self { person: Some(person), ..self }
    }

    pub(crate) fn acting_for(self, organisation: Uuid) -> Self {
        Self { organisation: Some(organisation), ..self }
    }

    /// The same browser, sending one header differently; `None` leaves it out.
    #[must_use]
    pub fn sending(mut self, name: &'static str, value: Option<&str>) -> Self {
        let name = HeaderName::from_static(name);
        self.headers.remove(&name);
        if let Some(value) = value {
            self.headers.insert(name, HeaderValue::from_str(value).unwrap());
        }
        self
    }

    /// The same browser behind another address of the network.
    #[must_use]
    pub fn from_peer(mut self, peer: [u8; 4]) -> Self {
        self.peer = Some(SocketAddr::from((peer, 40_000)));
        self
    }

    /// Another window of the same person: the same cookies now, a life of its own from here.
    pub fn another_window(&self) -> Self {
        Self {
            app: self.app.clone(),
            cookies: Mutex::new(self.jar().clone()),
            headers: self.headers.clone(),
            peer: self.peer,
            person: self.person,
            organisation: self.organisation,
            email: Mutex::new(self.email()),
        }
    }

    fn jar(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.cookies.lock().unwrap()
    }

    /// The market this person is in.
    pub fn app(&self) -> &TestApp {
        &self.app
    }

    /// The person's id.
    pub fn person(&self) -> Uuid {
        self.person.expect("a visitor is nobody")
    }

    /// The organisation the person manages.
    pub fn organisation(&self) -> Uuid {
        self.organisation.expect("this person manages no organisation")
    }

    /// The person's e-mail address.
    pub fn email(&self) -> String {
        self.email.lock().unwrap().clone()
    }

    /// The person as the use cases know it now.
    pub async fn actor(&self) -> Actor {
        match self.person {
            Some(person) => self.app.actor(person).await,
            None => Actor::Visitor,
        }
    }

    /// The session's token, if the browser has one.
    pub fn session(&self) -> Option<String> {
        self.jar().get(SESSION).cloned()
    }

    /// Puts a session's token into the browser, as a thief would.
    pub fn steal_session(&self, token: &str) {
        self.jar().insert(SESSION.to_owned(), token.to_owned());
    }

    /// Signs in by the form; fails when that does not work.
    pub async fn sign_in(&self, email: &str, password: &str) {
        let page = self.get("/signin").await;
        let answer = self.send(page.form("sign_in").with([("email", email), ("password", password)])).await;
        assert!(answer.status == 303 && self.session().is_some(), "{email} cannot sign in: {answer}");
        *self.email.lock().unwrap() = email.to_owned();
    }

    /// Registers by the form, and remembers who that is.
    pub async fn register(mut self, name: &str, email: &str) -> Self {
        let page = self.get("/register").await;
        let answer = self.send(page.form("register").with([("name", name), ("email", email), ("password", PASSWORD)])).await;
        assert!(answer.status == 303 && self.session().is_some(), "{email} cannot register: {answer}");
        *self.email.lock().unwrap() = email.to_owned();
        let token = self.session().unwrap();
        self.person = keqiao_market::accounts::actor_of(self.app.market(), &token).await.unwrap().and_then(|actor| actor.id());
        self
    }

    /// Opens a page.
    pub async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path, None, Vec::new()).await
    }

    /// Opens a page, which must be there.
    pub async fn open(&self, path: &str) -> Answer {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "GET {path}: {answer}");
        answer
    }

    /// Goes where an answer leads.
    pub async fn follow(&self, answer: Answer) -> Answer {
        self.open(&answer.location()).await
    }

    /// Posts fields, whatever the page says.
    pub async fn post(&self, path: &str, fields: impl Typed) -> Answer {
        self.request(Method::POST, path, Some("application/x-www-form-urlencoded"), urlencoded(&fields.typed())).await
    }

    /// Posts fields and files, whatever the page says; a file is its field, its name and its bytes.
    pub async fn post_files(&self, path: &str, fields: impl Typed, files: &[(&str, &str, &[u8])]) -> Answer {
        let files: Vec<_> = files.iter().map(|(field, name, bytes)| ((*field).to_owned(), (*name).to_owned(), bytes.to_vec())).collect();
        let (kind, body) = multipart(&fields.typed(), &files);
        self.request(Method::POST, path, Some(&kind), body).await
    }

    /// Sends a form as the browser would.
    pub async fn send(&self, form: Form) -> Answer {
        let form = form.into_request();
        if form.multipart {
            let (kind, body) = multipart(&form.fields, &form.files);
            return self.request(Method::POST, &form.to, Some(&kind), body).await;
        }
        self.request(Method::POST, &form.to, Some("application/x-www-form-urlencoded"), urlencoded(&form.fields)).await
    }

    /// Presses a button of a page without typing anything.
    pub async fn press(&self, page: &Answer, action: &str) -> Answer {
        self.send(page.form(action)).await
    }

    /// Presses a button of a page; it must do what it says (303).
    pub async fn does(&self, page: &Answer, action: &str) -> Answer {
        let answer = self.press(page, action).await;
        assert_eq!(answer.status, 303, "{action}: {answer}");
        answer
    }

    /// Sends any request with the browser's cookies and headers.
    pub async fn request(&self, method: Method, path: &str, content_type: Option<&str>, body: Vec<u8>) -> Answer {
        let mut request = Request::builder().method(&method).uri(path.replace(' ', "%20")).body(Body::from(body)).unwrap();
        *request.headers_mut() = self.headers.clone();
        if let Some(kind) = content_type {
            request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_str(kind).unwrap());
        }
        let cookies: Vec<String> = self.jar().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request.headers_mut().insert(header::COOKIE, HeaderValue::from_str(&cookies.join("; ")).unwrap());
        }
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        let response = self.app.router().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        self.remember(&parts.headers);
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let answer = Answer::new(parts.status.as_u16(), parts.headers, bytes.to_vec(), path.to_owned());
        assert!(answer.status != 500, "{method} {path} fails: {answer}");
        answer
    }

    fn remember(&self, headers: &HeaderMap) {
        for cookie in headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") || value.is_empty() {
                self.jar().remove(name);
            } else {
                self.jar().insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

fn urlencoded(fields: &[(String, String)]) -> Vec<u8> {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields.iter().map(|(n, v)| (n, line_ends(v)))).finish().into_bytes()
}

/// Browsers send line ends as CRLF.
fn line_ends(value: &str) -> String {
    value.replace("\r\n", "\n").replace('\n', "\r\n")
}

fn multipart(fields: &[(String, String)], files: &[File]) -> (String, Vec<u8>) {
    const BOUNDARY: &str = "----keqiao-tests-7f3a9c1e5b";
    let mut body = Vec::new();
    for (name, value) in fields {
        let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(line_ends(value).as_bytes());
        body.extend_from_slice(b"\r\n");
    }
    for (field, name, bytes) in files {
        let name = name.replace('"', "%22").replace(['\r', '\n'], " ");
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={BOUNDARY}"), body)
}
