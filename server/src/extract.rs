//! The text of a contract's file, read by a child process: `keqiao extract-text`. Files come from strangers, and what reads PDF and DOCX is not
//! ours: it gets an empty environment, the bytes on its standard input, and limits of time, memory and size. Whatever it does, the market goes on.

mod pdf;

use std::{
    io::{BufReader, Cursor, Read as _, Write as _},
    path::PathBuf,
    process::{ExitCode, ExitStatus, Stdio},
    time::Duration,
};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use keqiao_market::{
    Error,
    contracts::{TextFile, TextRead},
};
use keqiao_model::TextProblem;
use quick_xml::events::Event;
use serde::{Deserialize, Serialize};
use tokio::{io::AsyncReadExt as _, process::Command, time::timeout};

/// Bytes that one part of a file may have once it is unpacked.
const UNPACKED_MAX: usize = 64 * 1024 * 1024;
/// Bytes of text that are taken from one file.
const TEXT_MAX: usize = 4 * 1024 * 1024;
/// Bytes of a file.
const FILE_MAX: u64 = 256 * 1024 * 1024;
/// How the child says why there is no text: exit codes from here on, in the order of [`PROBLEMS`].
const FIRST_CODE: u8 = 10;
const PROBLEMS: [TextProblem; 3] = [TextProblem::Broken, TextProblem::Locked, TextProblem::TooLarge];

/// What reading the text of one file may cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Texts {
    /// The program that reads; empty: this one.
    pub program: PathBuf,
    /// Seconds.
    pub seconds: u64,
    /// Megabytes of memory.
    pub memory_mb: u64,
}

impl Default for Texts {
    fn default() -> Self {
        Self { program: PathBuf::new(), seconds: 20, memory_mb: 512 }
    }
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TextKind {
    /// application/pdf
    Pdf,
    /// Word, since 2007
    Docx,
    /// Plain text
    Txt,
}

impl TextKind {
    fn of(media_type: &str) -> Option<Self> {
        match media_type.split(';').next().unwrap_or_default() {
            "application/pdf" => Some(Self::Pdf),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => Some(Self::Docx),
            "text/plain" => Some(Self::Txt),
            _ => None,
        }
    }

    fn argument(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Docx => "docx",
            Self::Txt => "txt",
        }
    }
}

/// What the child is asked to do.
#[derive(Debug, Clone, Args)]
pub struct Job {
    /// What standard input holds.
    kind: TextKind,
    /// Megabytes of memory it may use.
    #[arg(long, default_value_t = 512)]
    memory_mb: u64,
    /// Seconds of a processor it may use.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
}

/// Starts the child for one file after the other.
#[derive(Debug, Clone)]
pub struct Extractor {
    program: PathBuf,
    arguments: Vec<String>,
    limits: Texts,
}

impl Extractor {
    /// As configured.
    ///
    /// # Errors
    /// When this program does not know where it lies.
    pub fn new(limits: &Texts) -> anyhow::Result<Self> {
        let program = if limits.program.as_os_str().is_empty() {
            std::env::current_exe().context("where this program lies")?
        } else {
            limits.program.clone()
        };
        Ok(Self { program, arguments: Vec::new(), limits: limits.clone() })
    }

    /// The same with arguments before those of the child.
    #[must_use]
    pub fn with_arguments(mut self, arguments: &[&str]) -> Self {
        self.arguments = arguments.iter().map(|a| (*a).to_owned()).collect();
        self
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// When the child cannot be started. Whatever is wrong with the file is an answer.
    pub async fn read(&self, file: TextFile) -> keqiao_market::Result<TextRead> {
        let Some(kind) = TextKind::of(&file.media_type) else { return Ok(TextRead::Problem(TextProblem::NoText)) };
        let Ok(source) = std::fs::File::open(&file.path) else { return Ok(TextRead::Problem(TextProblem::Broken)) };
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .args(["extract-text", kind.argument()])
            .args(["--memory-mb", &self.limits.memory_mb.to_string(), "--seconds", &self.limits.seconds.to_string()])
            .env_clear()
            .stdin(source)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|e| Error::internal(format!("cannot start {}: {e}", self.program.display())))?;
        let Some(output) = child.stdout.take() else { return Err(Error::internal("a child without output")) };
        let work = async {
            let mut text = Vec::new();
            output.take(TEXT_MAX as u64 + 1).read_to_end(&mut text).await?;
            if text.len() > TEXT_MAX {
                return Ok((text, None));
            }
            Ok::<_, std::io::Error>((text, Some(child.wait().await?)))
        };
        let done = timeout(Duration::from_secs(self.limits.seconds), work).await;
        let read = match done {
            Err(_) => TextRead::Problem(TextProblem::Time),
            Ok(Err(error)) => return Err(Error::internal(error)),
            Ok(Ok((_, None))) => TextRead::Problem(TextProblem::TooLarge),
            Ok(Ok((text, Some(status)))) if status.success() => TextRead::Text(String::from_utf8_lossy(&text).into_owned()),
            Ok(Ok((_, Some(status)))) => TextRead::Problem(problem_of(status)),
        };
        // Whoever hangs or floods is ended; who has ended does not mind.
        let _ = child.kill().await;
        Ok(read)
    }
}

/// Why a child gave no text.
fn problem_of(status: ExitStatus) -> TextProblem {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt as _;
        match status.signal() {
            // What allocates more than it may aborts; what computes longer than it may gets SIGXCPU.
            Some(6 | 9) => return TextProblem::TooLarge,
            Some(24) => return TextProblem::Time,
            _ => {}
        }
    }
    let place = status.code().and_then(|code| usize::try_from(code - i32::from(FIRST_CODE)).ok());
    place.and_then(|place| PROBLEMS.get(place)).copied().unwrap_or(TextProblem::Broken)
}

impl Job {
    /// The child: limits itself, reads standard input, writes the text.
    pub fn run(&self) -> ExitCode {
        let text = limit(self).and_then(|()| {
            let mut bytes = Vec::new();
            std::io::stdin().lock().take(FILE_MAX).read_to_end(&mut bytes).map_err(|_| TextProblem::Broken)?;
            text_of(self.kind, bytes)
        });
        match text {
            Ok(text) => match std::io::stdout().lock().write_all(text.as_bytes()) {
                Ok(()) => ExitCode::SUCCESS,
                Err(_) => ExitCode::FAILURE,
            },
            Err(problem) => {
                let place = PROBLEMS.iter().position(|p| *p == problem).unwrap_or(0);
                ExitCode::from(FIRST_CODE.saturating_add(u8::try_from(place).unwrap_or(0)))
            }
        }
    }
}

/// Takes from this process what it must not use: memory, time, and a dump of its memory.
#[cfg(target_os = "linux")]
fn limit(job: &Job) -> Result<(), TextProblem> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let bytes = job.memory_mb.saturating_mul(1024 * 1024);
    for (resource, most) in [(Resource::As, bytes), (Resource::Cpu, job.seconds.max(1)), (Resource::Core, 0)] {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) }).map_err(|_| TextProblem::Broken)?;
    }
    Ok(())
}

/// Other systems have the limits of the parent alone: time and size.
#[cfg(not(target_os = "linux"))]
fn limit(_: &Job) -> Result<(), TextProblem> {
    Ok(())
}

fn text_of(kind: TextKind, bytes: Vec<u8>) -> Result<String, TextProblem> {
    match kind {
        TextKind::Pdf => pdf::text(&bytes),
        TextKind::Docx => docx(bytes),
        TextKind::Txt if bytes.len() > TEXT_MAX => Err(TextProblem::TooLarge),
        TextKind::Txt => String::from_utf8(bytes).map_err(|_| TextProblem::Broken),
    }
}

/// The paragraphs of a Word document.
fn docx(bytes: Vec<u8>) -> Result<String, TextProblem> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| TextProblem::Broken)?;
    let part = archive.by_name("word/document.xml").map_err(|_| TextProblem::Broken)?;
    // What a part says of its own size need not be true: it is cut where it is read.
    let mut reader = quick_xml::Reader::from_reader(BufReader::new(part.take(UNPACKED_MAX as u64)));
    let (mut text, mut buffer, mut speaks) = (String::new(), Vec::new(), false);
    loop {
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(tag)) => speaks = tag.local_name().as_ref() == "t",
            Ok(Event::Empty(tag)) => match tag.local_name().as_ref() {
                "tab" => text.push('\t'),
                "br" | "cr" | "p" => text.push('\n'),
                _ => {}
            },
            Ok(Event::End(tag)) => {
                if tag.local_name().as_ref() == "p" {
                    text.push('\n');
                }
                speaks = false;
            }
            Ok(Event::Text(words)) if speaks => text.push_str(&words.xml10_content()),
            Ok(Event::GeneralRef(name)) if speaks => text.push(character(&name)),
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(_) => {
                return Err(if reader.buffer_position() >= UNPACKED_MAX as u64 { TextProblem::TooLarge } else { TextProblem::Broken });
            }
        }
        if text.len() > TEXT_MAX {
            return Err(TextProblem::TooLarge);
        }
        buffer.clear();
    }
    if reader.buffer_position() >= UNPACKED_MAX as u64 { Err(TextProblem::TooLarge) } else { Ok(text) }
}

/// The character that a reference of XML stands for.
fn character(name: &quick_xml::events::BytesRef<'_>) -> char {
    if let Ok(Some(c)) = name.resolve_char_ref() {
        return c;
    }
    match name.xml10_content().as_ref() {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => ' ',
    }
}
