//! Configuration and the command line.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser as _;
use keqiao_market::{accounts, ledger, listings, matching, organisations};
use keqiao_model::ListingKind;
use keqiao_server::{cli, config::Config, program};
use keqiao_tests::{PASSWORD, TestApp};
use serde_json::json;

/// A configuration file with some text.
fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keqiao.toml");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

/// What is wrong with a configuration file.
fn complaint(text: &str) -> String {
    let (_folder, path) = file(text);
    format!("{:#}", Config::read(Some(&path), &BTreeMap::new()).unwrap_err()).replace(path.parent().unwrap().to_str().unwrap(), "FOLDER")
}

#[test]
fn a_bad_key_is_named_with_its_file() {
    let check = |text: &str, expected: &[&str]| {
        let complaint = complaint(text);
        for part in expected {
            assert!(complaint.contains(part), "{text}: {complaint}");
        }
    };
    check("colour = 1", &["colour", "keqiao.toml"]);
    check("listen = \"here\"", &["listen", "keqiao.toml"]);
    check("[limits]\nattachment_byte = 1", &["attachment_byte", "keqiao.toml"]);
    check("[limits]\nattachment_bytes = \"many\"", &["attachment_bytes", "keqiao.toml"]);
    check("[mail]\nsmtpp = 1", &["smtpp"]);
    check("city = \"110000\"", &["city", "110000"]);
    check("[[regions]]\ncode = \"99\"\nzh = \"云\"\nen = \"Y\"", &["city"]);
    check("log_format = \"xml\"", &["log_format", "xml"]);
    check("base_url = \"keqiao.example\"", &["base_url"]);
    check("[periods]\npublic_notice_days = 14", &["periods.public_notice_days", "14", "15"]);
    check("[embeddings]\nurl = \"ftp://here\"\nmodel = \"m\"", &["embeddings.url", "ftp://here"]);
    check("[embeddings]\nurl = \"http://here\"", &["embeddings.model"]);
    check("[embeddings]\nurl = \"http://here\"\nmodel = \"m\"\nbatch = 0", &["embeddings", "2048"]);
    check("[plan]\nfirst = 2027\nlast = 2026", &["plan", "2027"]);
    check("[[departments]]\ncode = \"A B\"\nzh = \"甲\"\nen = \"A\"\nfields = []", &["departments", "A B"]);
    check("[[departments]]\ncode = \"a\"\nzh = \"甲\"\nen = \"A\"\nfields = [\"colour\"]", &["colour"]);
    let departments = ["a", "b"].map(|code| format!("[[departments]]\ncode = \"{code}\"\nzh = \"甲\"\nen = \"A\"\nfields = [\"energy\"]"));
    check(&departments.join("\n"), &["departments", "energy"]);
    let region = "[[regions]]\ncode = \"990100\"\nzh = \"云\"\nen = \"Y\"\n[[regions.former]]\ncode = ";
    check(&format!("{region}\"99\""), &["regions.former", "99"]);
    check(&format!("{region}\"990100\""), &["regions.former", "990100"]);
    check(&format!("{region}\"990199\"\nuntil = \"2026-13-01\""), &["regions.former", "2026-13-01"]);
    check("listen = ", &["keqiao.toml"]);
    let missing = Config::read(Some(Path::new("/nowhere/keqiao.toml")), &BTreeMap::new()).unwrap_err();
    assert!(missing.to_string().contains("/nowhere/keqiao.toml"));
}

#[test]
fn flags_win_over_the_file_and_the_file_over_defaults() {
    let (_folder, path) = file(
        "listen = \"127.0.0.1:4000\"\ndemo = true\nposts_per_minute = 7\nbase_url = \"https://keqiao.example/\"\n[limits]\nimport_rows = 5",
    );
    let flags = BTreeMap::from([("listen", json!("127.0.0.1:5000"))]);
    let config = Config::read(Some(&path), &flags).unwrap();
    assert_eq!(config.listen.port(), 5000);
    assert!(config.demo && config.posts_per_minute == 7 && config.limits.import_rows == 5);
    assert_eq!(config.limits.attachments, Config::default().limits.attachments, "what a table does not say stays");
    assert_eq!(config.public_url(), "https://keqiao.example");
    let bad = BTreeMap::from([("listen", json!("there"))]);
    assert!(format!("{:#}", Config::read(Some(&path), &bad).unwrap_err()).contains("listen"));
}

/// Runs inside [`the_environment_is_read`], with an environment of its own; alone it says what the tests' environment makes of it.
#[test]
#[ignore = "run by another test, in a process of its own"]
fn print_the_configuration() {
    match Config::read(None, &BTreeMap::new()) {
        Ok(config) => println!(
            "posts_per_minute={} import_rows={} database={}",
            config.posts_per_minute,
            config.limits.import_rows,
            config.database()
        ),
        Err(error) => println!("{error:#}"),
    }
}

fn with_environment(variables: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut program = std::process::Command::new(std::env::current_exe().unwrap());
    program.args(["config::print_the_configuration", "--exact", "--ignored", "--nocapture"]).current_dir(folder.path());
    program.env_remove("DATABASE_URL").envs(variables.iter().copied());
    String::from_utf8(program.output().unwrap().stdout).unwrap()
}

#[test]
fn the_environment_is_read() {
    let said =
        with_environment(&[("KEQIAO_POSTS_PER_MINUTE", "9"), ("KEQIAO_LIMITS__IMPORT_ROWS", "11"), ("DATABASE_URL", "sqlite://x.db")]);
    assert!(said.contains("posts_per_minute=9 import_rows=11 database=sqlite://x.db"), "{said}");
    let said = with_environment(&[("KEQIAO_COLOUR", "red")]);
    assert!(said.contains("colour") && said.contains("KEQIAO_"), "{said}");
    let said = with_environment(&[("KEQIAO_POSTS_PER_MINUTE", "many")]);
    assert!(said.contains("posts_per_minute") || said.contains("POSTS_PER_MINUTE"), "{said}");
}

/// The command line on a fresh database, without a process of its own.
struct CommandLine {
    app: TestApp,
    config: PathBuf,
}

impl CommandLine {
    async fn new() -> Self {
        let app = TestApp::new().await;
        let closed = app.close();
        let text = toml_of(closed.settings());
        let app = closed.open().await;
        let config = app.folder().join("keqiao.toml");
        std::fs::write(&config, text).unwrap();
        Self { app, config }
    }

    /// Runs a command while nobody else has the index; the market is open again afterwards.
    async fn run(self, arguments: &[&str]) -> (Self, anyhow::Result<ExitCode>) {
        let Self { app, config } = self;
        let closed = app.close();
        let path = config.to_str().unwrap().to_owned();
        let line = ["keqiao", "--config", &path].into_iter().chain(arguments.iter().copied());
        let result = Box::pin(cli::run(cli::Cli::try_parse_from(line).unwrap())).await;
        (Self { app: closed.open().await, config }, result)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.app.folder().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

/// The settings of a test as a file; what is not there is as by default.
pub(crate) fn toml_of(settings: &Config) -> String {
    format!(
        "data = {:?}\ndatabase_url = {:?}\nhash_memory = {}\nlog = \"error\"\nbase_url = {:?}\n",
        settings.data, settings.database_url, settings.hash_memory, settings.base_url
    )
}

/// Whether two exit codes are the same: they cannot be compared.
fn is(code: &ExitCode, expected: ExitCode) -> bool {
    format!("{code:?}") == format!("{expected:?}")
}

#[tokio::test]
async fn migrating_twice_and_reindexing_are_fine() {
    let mut line = CommandLine::new().await;
    for command in ["migrate", "migrate", "reindex", "ledger verify", "ledger rebuild"] {
        let words: Vec<&str> = command.split(' ').collect();
        let (again, result) = line.run(&words).await;
        assert!(is(&result.unwrap(), ExitCode::SUCCESS), "{command}");
        line = again;
    }
}

#[tokio::test]
async fn an_administrator_is_made_on_the_command_line() {
    let line = CommandLine::new().await;
    let (line, result) = line.run(&["admin", "create", "admin@example.cn", "--name", "管理员", "--password", PASSWORD]).await;
    assert!(is(&result.unwrap(), ExitCode::SUCCESS));
    let client = line.app.visitor();
    client.sign_in("admin@example.cn", PASSWORD).await;
    assert_eq!(client.get("/admin/people").await.status, 200);
    drop(client);
    let (line, result) = line.run(&["admin", "create", "no address", "--password", "short"]).await;
    let complaint = format!("{:#}", result.unwrap_err());
    assert!(complaint.contains("email") && complaint.contains("password"), "{complaint}");
    // Somebody who is here already becomes one, with the new password.
    let person = line.app.enterprise("沈工").await;
    let email = person.email();
    drop(person);
    let (line, result) = line.run(&["admin", "create", &email, "--password", "a new long password"]).await;
    result.unwrap();
    let client = line.app.visitor();
    client.sign_in(&email, "a new long password").await;
    assert_eq!(client.get("/admin").await.status, 200);
}

#[tokio::test]
async fn an_import_names_the_line_of_a_bad_row_and_takes_the_good_ones() {
    let line = CommandLine::new().await;
    let file = line.write("需求.csv", "名称,需求描述,编号,预算\n耐高温密封材料,需要耐 300 ℃ 的密封圈,A1,10万\n,没有名称的一行,A2,\n低温电池,需要零下 40 ℃ 可用的电池,A3,很多钱\n");
    let (line, result) = line.run(&["import", "demands", &file, "--all-or-nothing"]).await;
    assert!(is(&result.unwrap(), ExitCode::FAILURE));
    assert_eq!(listings::count_public(line.app.market(), ListingKind::Demand).await.unwrap(), 0, "nothing at all");
    let (line, result) = line.run(&["import", "demands", &file]).await;
    assert!(is(&result.unwrap(), ExitCode::FAILURE), "a refused row is said by the exit code");
    let market = line.app.market();
    let count = listings::count_public(market, ListingKind::Demand).await.unwrap();
    assert!(count >= 1, "the good ones are in");
    assert_eq!(market.search_index().len() as u64, count, "and found");
    let before = line.app.rows().await;
    let (line, _) = line.run(&["import", "demands", &file]).await;
    assert_eq!(line.app.rows().await.count("listing"), before.count("listing"), "the same file again changes nothing");
    let (_, result) = line.run(&["import", "demands", "/nowhere.csv"]).await;
    assert!(format!("{:#}", result.unwrap_err()).contains("/nowhere.csv"));
}

#[tokio::test]
async fn the_demo_city_is_loaded_once_into_an_empty_database() {
    let line = CommandLine::new().await;
    let (line, result) = line.run(&["demo"]).await;
    assert!(is(&result.unwrap(), ExitCode::SUCCESS));
    let market = line.app.market();
    assert!(listings::count_public(market, ListingKind::Demand).await.unwrap() >= 80);
    assert!(listings::count_public(market, ListingKind::Achievement).await.unwrap() >= 100);
    let all = organisations::organisations(market, "", None, None, 1).await.unwrap();
    assert!(all.total >= 35, "{}", all.total);
    assert_eq!(ledger::verify(market).await.unwrap(), [], "its history adds up");
    assert_eq!(matching::index_lag(market).await.unwrap(), 0);
    // Its people are of the demo: elsewhere they cannot sign in.
    let (email, _) = keqiao_app::DEMO_ACCOUNTS[0];
    assert!(accounts::sign_in(market, email, keqiao_app::DEMO_PASSWORD, "", "").await.is_err());
    let before = line.app.rows().await;
    let (line, result) = line.run(&["demo"]).await;
    assert!(result.unwrap_err().to_string().contains("not empty"));
    before.assert_same(&line.app.rows().await, "a second demo");

    // With the demo on, every demo account signs in and sees the banner, and every public page of the city is there.
    let mut config = Config::read(Some(&line.config), &BTreeMap::new()).unwrap();
    config.demo = true;
    let closed = line.app.close();
    let market = Box::pin(program::open(&config)).await.unwrap();
    for (email, _) in keqiao_app::DEMO_ACCOUNTS {
        accounts::sign_in(&market, email, keqiao_app::DEMO_PASSWORD, "", "").await.unwrap();
    }
    drop(market);
    let app = closed.open().await;
    let visitor = app.visitor();
    let map = visitor.open("/sitemap.xml").await.text;
    let addresses: Vec<&str> = map.split("<loc>").skip(1).filter_map(|rest| rest.split("</loc>").next()).collect();
    assert!(addresses.len() > 400, "{}", addresses.len());
    for address in addresses.iter().step_by(7) {
        let path = address.strip_prefix("https://keqiao.example").unwrap();
        let page = visitor.open(if path.is_empty() { "/" } else { path }).await;
        assert_eq!(page.attributes("link[rel=canonical]", "href"), [(*address).to_owned()]);
        assert!(!page.attributes("meta[name=description]", "content").concat().is_empty(), "{path}");
        assert_eq!(page.attributes("link[rel=alternate]", "hreflang"), ["zh-CN", "en", "x-default"], "{path}");
        assert_eq!(page.all("h1").len(), 1, "{path}");
    }
}
