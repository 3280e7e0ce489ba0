//! What people's language means to the index: syntax, synonyms, spelling, pinyin, completions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use keqiao_model::ListingKind::{self, Achievement, Demand};
use keqiao_search::{Bounds, Change, Document, Facet, Labels, SearchIndex, SearchRequest, SearchResult, Synonyms};
use uuid::Uuid;

/// Listing `n`, published in second `n`, with a title and keywords.
fn listing(n: u128, kind: ListingKind, title: &str, keywords: &[&str]) -> Document {
    let mut document = Document::new(Uuid::from_u128(n), kind);
    document.title = title.to_owned();
    document.keywords = keywords.iter().map(|word| (*word).to_owned()).collect();
    document.number = format!("{}-2026-{n:06}", if kind == Demand { "XQ" } else { "CG" });
    document.published_at = i64::try_from(n).unwrap();
    document
}

async fn apply(index: &SearchIndex, documents: Vec<Document>) {
    index.apply(documents.into_iter().map(|document| Change::Put(Box::new(document))).collect(), "1".to_owned()).await.unwrap();
}

/// Nine demands and an achievement.
async fn market() -> SearchIndex {
    let index = SearchIndex::in_memory().unwrap();
    let mut demands = vec![
        listing(1, Demand, "废旧锂电池回收", &["锂电池", "湿法冶金"]),
        listing(2, Demand, "锂离子电池隔膜涂覆", &["隔膜"]),
        listing(3, Demand, "石墨烯导电浆料", &["石墨烯"]),
        listing(4, Demand, "碳纳米管导电剂分散", &["碳纳米管"]),
        listing(5, Demand, "挥发性有机物催化燃烧", &["催化剂"]),
        listing(6, Demand, "Battery recycling line", &["battery", "recycling"]),
        listing(7, Demand, "印染废水处理", &["印染废水"]),
        listing(8, Demand, "电池外观检测", &["机器视觉"]),
        listing(9, Demand, "Additive manufacturing of titanium alloy", &["SLM"]),
    ];
    for (n, document) in (0_i64..).zip(demands.iter_mut()) {
        document.trl = Some(n + 1);
        document.field = if n < 4 { "materials" } else { "environment" }.to_owned();
        document.price_min = (n < 3).then_some((n + 1) * 10_000_000);
        document.price_max = (n < 3).then_some((n + 2) * 10_000_000);
    }
    demands[2].organisation = "凤凰新材料有限公司".to_owned();
    demands.push(listing(20, Achievement, "钠离子电池正极", &["钠离子电池"]));
    apply(&index, demands).await;
    index
}

fn request(query: &str) -> SearchRequest {
    let mut labels = Labels::default();
    for (label, code) in [("新材料", "materials"), ("materials", "materials"), ("环境保护", "environment")] {
        labels.add(Facet::Field, label, code);
    }
    SearchRequest { labels: Arc::new(labels), ..SearchRequest::new(Demand, query) }
}

fn numbers(result: &SearchResult) -> Vec<u128> {
    let mut numbers: Vec<u128> = result.hits.iter().map(|hit| hit.id.as_u128()).collect();
    numbers.sort_unstable();
    numbers
}

/// What is found as typed, without other words and corrections, in the order of publication.
fn literally(index: &SearchIndex, query: &str) -> Vec<u128> {
    let synonyms = Synonyms { on: false, ..Synonyms::default() };
    numbers(&index.search(&SearchRequest { exact: true, synonyms, ..request(query) }).unwrap())
}

#[tokio::test]
async fn syntax_narrows_what_is_found() {
    let index = market().await;
    for (query, expected) in [
        ("石墨烯 OR 碳纳米管", vec![3, 4]),
        ("石墨烯|碳纳米管 导电", vec![3, 4]),
        ("石墨烯 或 碳纳米管 分散", vec![4]),
        ("\"石墨烯导电\" OR \"电池回收\"", vec![1, 3]),
        ("导电 -石墨烯", vec![4]),
        ("title:隔膜", vec![2]),
        ("title:湿法冶金", vec![]),
        ("关键词：湿法冶金", vec![1]),
        ("title:batteries", vec![6]),
        ("单位:凤凰", vec![3]),
        ("标题:凤凰", vec![]),
        ("-title:电池 导电 OR 隔膜", vec![3, 4]),
        ("number:XQ-2026-000007", vec![7]),
        ("编号：xq-2026-000007 电池", vec![]),
        ("-number:XQ-2026-000003 导电", vec![4]),
        ("field:materials 导电", vec![3, 4]),
        ("领域：环境保护", vec![5, 6, 7, 8, 9]),
        ("-领域:环境保护", vec![1, 2, 3, 4]),
        ("trl:3", vec![3]),
        ("trl:2..3", vec![2, 3]),
        ("trl:>=8", vec![8, 9]),
        ("导电 trl:>3", vec![4]),
        ("trl:99", vec![]),
        ("field:没有 导电", vec![]),
        ("廢舊鋰電池", vec![1]),
    ] {
        assert_eq!(literally(&index, query), expected, "{query}");
    }
}

#[tokio::test]
async fn counts_respect_what_the_query_says() {
    let index = market().await;
    let count = |query: &str| {
        let result = index.search(&request(query)).unwrap();
        result.facets[&Facet::Field].iter().map(|(code, count)| format!("{code} {count}")).collect::<Vec<_>>()
    };
    assert_eq!(count("导电"), ["materials 2"]);
    assert_eq!(count("trl:4..5"), ["environment 1", "materials 1"]);
    let mut chosen = request("trl:4..5");
    chosen.filters.insert(Facet::Field, ["materials".to_owned()].into());
    let result = index.search(&chosen).unwrap();
    assert_eq!((result.total, result.facets[&Facet::Field].len()), (1, 2), "the facet's own filter does not narrow its counts");
}

#[tokio::test]
async fn ranges_of_price_and_maturity() {
    let index = market().await;
    let wan = |n: i64| Some(n * 1_000_000);
    for (price, trl, expected) in [
        (Bounds { min: wan(25), max: None }, Bounds::default(), vec![2, 3]),
        (Bounds { min: None, max: wan(10) }, Bounds::default(), vec![1]),
        (Bounds { min: wan(20), max: wan(20) }, Bounds::default(), vec![1, 2]),
        (Bounds { min: wan(1_000), max: None }, Bounds::default(), vec![]),
        (Bounds::default(), Bounds { min: Some(8), max: None }, vec![8, 9]),
        (Bounds { min: wan(1), max: None }, Bounds { min: Some(3), max: Some(9) }, vec![3]),
    ] {
        let result = index.search(&SearchRequest { price, trl, ..request("") }).unwrap();
        assert_eq!(numbers(&result), expected, "{price:?} {trl:?}");
    }
}

#[tokio::test]
async fn other_words_for_the_same_are_searched_and_told() {
    let index = market().await;
    let found = |query: &str| index.search(&request(query)).unwrap();
    for (query, expected, told) in [
        ("锂电池", vec![1, 2], vec!["锂离子电池", "锂电"]),
        ("VOCs", vec![5], vec!["挥发性有机物"]),
        ("3D打印 钛合金", vec![9], vec!["additive manufacturing", "titanium alloy"]),
        ("印染废水", vec![7], vec![]),
        ("\"锂电池\"", vec![1], vec![]),
    ] {
        let result = found(query);
        assert_eq!(numbers(&result), expected, "{query}");
        assert_eq!(result.also.iter().map(|also| also.word.as_str()).collect::<Vec<_>>(), told, "{query}");
    }
    let result = found("锂电池");
    assert_eq!(result.hits[0].id.as_u128(), 1, "what was typed comes first");
    assert!(result.hits[0].score > result.hits[1].score, "another word counts less");
    assert!(result.hits[1].title.iter().any(|piece| piece.hit && piece.text == "锂离子电池"), "and is marked");
    let without = Synonyms { on: true, without: ["锂离子电池".to_owned()].into() };
    assert_eq!(numbers(&index.search(&SearchRequest { synonyms: without, ..request("锂电池") }).unwrap()), [1]);
    let off = Synonyms { on: false, ..Synonyms::default() };
    assert_eq!(numbers(&index.search(&SearchRequest { synonyms: off, ..request("锂电池") }).unwrap()), [1]);
}

#[tokio::test]
async fn a_word_that_nobody_says_leads_to_what_means_the_same() {
    let index = SearchIndex::in_memory().unwrap();
    index.apply(vec![Change::Put(Box::new(listing(1, Demand, "锂离子电池回收", &[])))], "1".to_owned()).await.unwrap();
    for (typed, meant) in [("lidianchi", "锂电池"), ("锂dianchi", "锂电池")] {
        let result = index.search(&request(typed)).unwrap();
        assert_eq!(result.correction.map(|correction| correction.query).as_deref(), Some(meant), "{typed}");
    }
    let result = index.search(&request("lidianchi")).unwrap();
    assert_eq!(numbers(&result), [1]);
    assert_eq!(index.search(&request("gangjinhunningtu")).unwrap().total, 0);
}

#[tokio::test]
async fn what_was_meant_is_found() {
    let index = market().await;
    for (typed, meant) in [
        ("lidianchi", "锂电池"),
        ("LIDIANCHI", "锂电池"),
        ("锂dianchi", "锂电池"),
        ("ldc", "锂电池"),
        ("shimoxi", "石墨烯"),
        ("lidianchihuishou", "锂电池 回收"),
        ("石磨烯", "石墨烯"),
        ("废旧里电池", "废旧锂电池"),
        ("里电池", "锂电池"),
        ("battrey", "battery"),
        ("recyling", "recycling"),
        ("\"石磨烯\" 导电", "\"石墨烯\" 导电"),
        ("title:shimoxi", "title:石墨烯"),
    ] {
        let result = index.search(&request(typed)).unwrap();
        let correction = result.correction.unwrap_or_else(|| panic!("{typed} is not corrected"));
        assert_eq!(correction.query, meant, "{typed}");
        if correction.searched {
            assert!(result.total > 0, "{typed}");
            assert!(index.search(&SearchRequest { exact: true, ..request(typed) }).unwrap().hits.is_empty(), "{typed}");
        }
    }
    let result = index.search(&request("石磨烯 碳纳米管 导电 分散 导电剂")).unwrap();
    let proposed = result.correction.unwrap();
    assert_eq!((proposed.query.as_str(), proposed.searched), ("石墨烯 碳纳米管 导电 分散 导电剂", false), "only proposed");
    assert_eq!(result.total, 1, "what was typed finds something");
    for known in [
        "锂电池",
        "电池",
        "battery",
        "batteries",
        "recycling",
        "导电浆料",
        "废水",
        "量子纠缠",
        "zzzz",
        "5G",
        "",
        "XQ-2026-000001",
        "-lidianchi",
    ] {
        assert_eq!(index.search(&request(known)).unwrap().correction, None, "{known}");
    }
}

#[tokio::test]
async fn a_query_is_completed_by_what_the_side_has() {
    let index = market().await;
    let words =
        |kind: ListingKind, typed: &str| index.suggest(kind, typed, 8).unwrap().words.into_iter().map(|word| word.text).collect::<Vec<_>>();
    for (typed, expected) in [
        ("锂电", "锂电池"),
        ("lidian", "锂电池"),
        ("ldc", "锂电池"),
        ("锂dian", "锂电池"),
        ("印染", "印染废水"),
        ("bat", "battery"),
        ("废旧 ldc", "废旧 锂电池"),
        ("title:石", "title:石墨烯"),
    ] {
        assert!(words(Demand, typed).contains(&expected.to_owned()), "{typed}: {:?}", words(Demand, typed));
    }
    assert!(words(Demand, "钠离子").is_empty(), "the other side has it");
    assert_eq!(words(Achievement, "钠离子电"), ["钠离子电池"]);
    let titles = index.suggest(Demand, "lidianchi", 8).unwrap().titles;
    assert_eq!(titles.first().map(|(id, title)| (id.as_u128(), title.as_str())), Some((1, "废旧锂电池回收")));
    assert_eq!(index.suggest(Demand, "", 8).unwrap(), keqiao_search::Suggestions::default());
}

#[tokio::test]
async fn what_is_gone_is_offered_to_nobody() {
    let index = market().await;
    assert!(!index.suggest(Demand, "石墨", 8).unwrap().words.is_empty());
    index.apply(vec![Change::Remove(Uuid::from_u128(3))], "2".to_owned()).await.unwrap();
    let suggestions = index.suggest(Demand, "石墨", 8).unwrap();
    assert!(suggestions.words.is_empty() && suggestions.titles.is_empty(), "{suggestions:?}");
    assert_eq!(index.search(&request("shimoxi")).unwrap().correction, None);
}

#[tokio::test]
async fn any_text_is_answered_soon() {
    let index = market().await;
    index.search(&request("锂电池")).unwrap();
    let texts = [
        "电".repeat(100_000),
        "lidianchi".repeat(1_200),
        "a|".repeat(50_000),
        "\"".repeat(100_000),
        "-\"|:：".repeat(10_000),
        "title:".repeat(10_000),
        "石墨烯 OR ".repeat(5_000),
        "trl:>= 领域： field:\" number:- -number:".to_owned(),
        "\u{202e}锂电池\u{200f}\u{feff}\u{0}\u{7}\u{1b}[31m".to_owned(),
        "👩‍🔬🔋 锂电池 🏭".to_owned(),
        "é\u{301}\u{301}".repeat(3_000),
        "或 或 或 OR OR | | |".to_owned(),
        (0..5_000).map(|n| format!("VOCs{n} PLA ")).collect(),
    ];
    for text in texts {
        let begun = Instant::now();
        index.search(&request(&text)).unwrap();
        index.suggest(Demand, &text, 8).unwrap();
        let shown: String = text.chars().take(20).collect();
        assert!(begun.elapsed() < Duration::from_secs(2), "{shown} took {:?}", begun.elapsed());
    }
}
