//! The text of a file is read by a process of its own, whatever the file is.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests stop at the first surprise")]

use std::{
    io::{Cursor, Write as _},
    path::PathBuf,
};

use keqiao_market::contracts::{TextFile, TextRead};
use keqiao_model::{Clause, TextProblem, suggest_places};
use keqiao_server::{
    demo::paper,
    extract::{Extractor, Texts},
};
use lopdf::{Dictionary, Document, Stream};
use tempfile::TempDir;

const PDF: &str = "application/pdf";
const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/// The limits of these tests: little memory, little time.
fn limits() -> Texts {
    Texts { program: PathBuf::from(env!("CARGO_BIN_EXE_keqiao")), seconds: 10, memory_mb: 400 }
}

async fn read(bytes: &[u8], media_type: &str) -> TextRead {
    read_by(Extractor::new(&limits()).unwrap(), bytes, media_type).await
}

async fn read_by(extractor: Extractor, bytes: &[u8], media_type: &str) -> TextRead {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, bytes).unwrap();
    extractor.read(TextFile { path, media_type: media_type.to_owned() }).await.unwrap()
}

/// A PDF with these paragraphs.
fn pdf(lines: &[&str]) -> Vec<u8> {
    paper::pdf(&lines.iter().map(|l| (*l).to_owned()).collect::<Vec<_>>()).unwrap()
}

/// A zip with one part.
fn zipped(name: &str, parts: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    for part in parts {
        archive.write_all(&part).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn docx(body: &str) -> Vec<u8> {
    let xml = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{body}</w:body></w:document>"#
    );
    zipped("word/document.xml", std::iter::once(xml.into_bytes()))
}

#[tokio::test]
async fn a_pdf_with_text_is_read() {
    let TextRead::Text(text) = read(&pdf(&["技术开发合同", "第五条 保密", "第七条 验收的标准和方式"]), PDF).await
    else {
        panic!()
    };
    assert!(text.contains("技术开发合同") && text.contains("第七条"), "{text}");
    let found = suggest_places(&text);
    assert!(found.iter().any(|(clause, place)| *clause == Clause::Acceptance && place.starts_with("第七条")), "{found:?}");
}

#[tokio::test]
async fn a_word_document_is_read_paragraph_by_paragraph() {
    let body = "<w:p><w:r><w:t>第一条 标的 A&amp;B</w:t></w:r></w:p><w:p><w:r><w:t xml:space=\"preserve\">第二条</w:t><w:tab/><w:t>验收&#x3002;</w:t></w:r></w:p><w:sectPr/>";
    assert_eq!(read(&docx(body), DOCX).await, TextRead::Text("第一条 标的 A&B\n第二条\t验收。\n".to_owned()));
    assert_eq!(read("第三条 保密".as_bytes(), "text/plain; charset=utf-8").await, TextRead::Text("第三条 保密".to_owned()));
}

#[tokio::test]
async fn a_scan_has_no_text() {
    let TextRead::Text(text) = read(&pdf(&[]), PDF).await else { panic!() };
    assert_eq!(text.trim(), "");
    assert_eq!(read(b"\x89PNG\r\n\x1a\n", "image/png").await, TextRead::Problem(TextProblem::NoText));
}

#[tokio::test]
async fn garbage_is_broken() {
    let checks: [(&[u8], &str); 5] = [
        (b"%PDF-1.7 contract", PDF),
        (b"PK\x03\x04 nothing", DOCX),
        (&zipped("a.txt", std::iter::once(vec![1])), DOCX),
        (b"", PDF),
        (&[0xff; 999], "text/plain"),
    ];
    for (bytes, media_type) in checks {
        assert_eq!(
            read(bytes, media_type).await,
            TextRead::Problem(TextProblem::Broken),
            "{media_type} {:?}",
            &bytes[..bytes.len().min(20)]
        );
    }
    let whole = pdf(&["技术开发合同"]);
    for length in (0..whole.len()).step_by(whole.len() / 6) {
        let cut = read(&whole[..length], PDF).await;
        assert!(matches!(cut, TextRead::Text(_) | TextRead::Problem(TextProblem::Broken)), "{length}: {cut:?}");
    }
}

/// A small file that unpacks to more than it may.
#[tokio::test]
async fn a_bomb_is_too_large() {
    let part = |c: u8| std::iter::repeat_n(vec![c; 1 << 20], 80);
    for endless in [part(b'a'), part(b'<')] {
        let bomb = zipped("word/document.xml", std::iter::once(b"<w:p><w:r><w:t>".to_vec()).chain(endless));
        assert!(bomb.len() < 2 << 20);
        assert!(matches!(read(&bomb, DOCX).await, TextRead::Problem(TextProblem::TooLarge | TextProblem::Broken)));
    }
    let bomb = zipped("word/document.xml", std::iter::once(b"<w:t>".to_vec()).chain(part(b'a')));
    assert!(bomb.len() < 2 << 20);
    assert!(read(&bomb, DOCX).await == TextRead::Problem(TextProblem::TooLarge));

    let mut document = Document::load_mem(&pdf(&["x"])).unwrap();
    let page = *document.get_pages().values().next().unwrap();
    let mut stream = Stream::new(Dictionary::new(), vec![b' '; 80 << 20]);
    stream.compress().unwrap();
    let content = document.add_object(stream);
    document.get_object_mut(page).unwrap().as_dict_mut().unwrap().set("Contents", content);
    let mut bomb = Vec::new();
    document.save_to(&mut bomb).unwrap();
    assert!(bomb.len() < 2 << 20);
    assert!(read(&bomb, PDF).await == TextRead::Problem(TextProblem::TooLarge));
}

/// Programs in the place of ours that behave badly.
#[cfg(unix)]
#[tokio::test]
async fn a_child_that_hangs_floods_or_dies_is_ended() {
    let shell = |script: &str| {
        let limits = Texts { program: PathBuf::from("/bin/sh"), seconds: 1, memory_mb: 400 };
        Extractor::new(&limits).unwrap().with_arguments(&["-c", script])
    };
    let checks = [
        ("while :; do :; done", TextRead::Problem(TextProblem::Time)),
        (
            "while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done",
            TextRead::Problem(TextProblem::TooLarge),
        ),
        ("kill -9 $$", TextRead::Problem(TextProblem::TooLarge)),
        ("kill -11 $$", TextRead::Problem(TextProblem::Broken)),
        ("exit 3", TextRead::Problem(TextProblem::Broken)),
        ("exit 11", TextRead::Problem(TextProblem::Locked)),
        ("echo $HOME$PATH_OF_SECRETS", TextRead::Text("\n".to_owned())),
    ];
    for (script, expected) in checks {
        let read = read_by(shell(script), b"%PDF-1.7", PDF).await;
        let flooded = script.contains("echo aaaa") && read == TextRead::Problem(TextProblem::Time);
        assert!(read == expected || flooded, "{script}: {read:?}");
    }
}

#[tokio::test]
async fn a_program_that_is_not_there_is_no_fault_of_the_file() {
    let limits = Texts { program: PathBuf::from("/nowhere/keqiao"), ..limits() };
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, b"%PDF-1.7").unwrap();
    let tried = Extractor::new(&limits).unwrap().read(TextFile { path, media_type: PDF.to_owned() }).await;
    assert!(tried.is_err());
}
