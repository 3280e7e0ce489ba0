//! Whatever happens to the files: it is noticed, nothing panics, and the index can be made anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod disk;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use keqiao_model::ListingKind::{Achievement, Demand};
use keqiao_search::{Change, Document, Opened, SearchError, SearchIndex, SearchRequest, Settings};
use uuid::Uuid;

use disk::Disk;

fn listing(n: u128, title: &str) -> Document {
    let kind = if n.is_multiple_of(2) { Demand } else { Achievement };
    let mut document = Document::new(Uuid::from_u128(n), kind);
    document.title = title.to_owned();
    document.summary = format!("第{n}项：{title}，用于石墨烯导热膜与轴承。");
    document.keywords = vec!["导热".to_owned(), "graphene".to_owned()];
    document.field = "advanced_manufacturing".to_owned();
    document.published_at = i64::try_from(n).unwrap();
    document
}

fn put(n: u128, title: &str) -> Change {
    Change::Put(Box::new(listing(n, title)))
}

fn settings() -> Settings {
    Settings { writer_memory: 15_000_000, validate: true }
}

fn open(dir: &Path) -> (SearchIndex, Opened) {
    SearchIndex::open(dir, settings()).unwrap()
}

/// Everything the index answers: what is there, with its titles, and what a search and a match find, with their scores.
fn answers(index: &SearchIndex) -> Result<Vec<String>, SearchError> {
    let mut lines = Vec::new();
    for kind in [Demand, Achievement] {
        for query in ["", "石墨烯", "graphene 导热", "\"导热膜\""] {
            let request = SearchRequest { limit: 100, ..SearchRequest::new(kind, query) };
            let result = index.search(&request)?;
            let hits = result.hits.iter().map(|hit| format!("{} {:?} {:?} {:?}", hit.id.as_u128(), hit.score, hit.title, hit.snippet));
            lines.push(format!("{query}: {} {:?} {:?}", result.total, hits.collect::<Vec<_>>(), result.facets));
        }
    }
    lines.push(format!("{:?}", index.matches(&listing(2, "轴承"), 10)?));
    lines.push(format!("{:?}", index.position()));
    Ok(lines)
}

/// The states of an index that is changed again and again, by their positions.
fn history() -> Vec<(&'static str, Vec<Change>)> {
    vec![
        ("1", (1..=12).map(|n| put(n, "石墨烯导热膜")).collect()),
        ("2", vec![put(3, "轴承钢 bearing"), Change::Remove(Uuid::from_u128(4)), put(20, "电池回收")]),
        ("3", vec![Change::Remove(Uuid::from_u128(5)), Change::Remove(Uuid::from_u128(99)), put(6, "改过的石墨烯")]),
    ]
}

/// The documents of the last state of [`history`], for a rebuild.
fn last_state() -> Vec<Document> {
    let mut state: BTreeMap<Uuid, Document> = BTreeMap::new();
    for change in history().into_iter().flat_map(|(_, changes)| changes) {
        match change {
            Change::Put(document) => state.insert(document.id, *document),
            Change::Remove(id) => state.remove(&id),
        };
    }
    state.into_values().collect()
}

/// An index with several segments and deletions, closed.
async fn sound() -> (tempfile::TempDir, Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = open(dir.path());
    for (position, changes) in history() {
        index.apply(changes, position.to_owned()).await.unwrap();
    }
    let expected = answers(&index).unwrap();
    drop(index);
    // What is no longer needed may still be on its way out.
    (copy(dir.path()), expected)
}

async fn rebuild(index: &SearchIndex, position: &str) -> Result<(), SearchError> {
    let mut new = index.rebuild().await?;
    let documents = last_state();
    let (first, second) = documents.split_at(documents.len() / 2);
    new.add(first.to_vec()).await?;
    new.add(second.to_vec()).await?;
    new.finish(position.to_owned()).await
}

/// The folder that counts.
fn folder(dir: &Path) -> PathBuf {
    dir.join(fs::read_to_string(dir.join("current")).unwrap())
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

fn folders(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect()
}

fn copy(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for file in files(from) {
        copy_file(&file, to.path());
    }
    for folder in folders(from) {
        let inner = to.path().join(folder.file_name().unwrap());
        fs::create_dir(&inner).unwrap();
        for file in files(&folder) {
            copy_file(&file, &inner);
        }
    }
    to
}

fn copy_file(file: &Path, to: &Path) {
    if let Err(error) = fs::copy(file, to.join(file.file_name().unwrap())) {
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{}", file.display());
    }
}

/// SplitMix64: the same numbers in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).unwrap()
    }
}

/// Opens a copy with one file changed; whether that was noticed. It is either noticed, or made no difference at all; afterwards the index can be filled.
async fn noticed(sound: &Path, expected: &[String], file: &Path, what: &str, change: impl FnOnce(&Path)) -> bool {
    let dir = copy(sound);
    change(&dir.path().join(file.strip_prefix(sound).unwrap()));
    let what = format!("{} {what}", file.file_name().unwrap().to_string_lossy());
    let (index, opened) = open(dir.path());
    match opened {
        Opened::Existing => assert_eq!(answers(&index).unwrap(), expected, "{what}: taken for sound"),
        Opened::Fresh => assert_eq!((index.len(), index.position()), (0, None), "{what}"),
    }
    opened == Opened::Fresh
}

/// Whether the index is made of it. Locks, the note of files to be tidied, and what a merge has left behind are only there.
fn matters(file: &Path) -> bool {
    let name = file.file_name().unwrap().to_str().unwrap();
    let list = String::from_utf8_lossy(&fs::read(file.with_file_name("meta.json")).unwrap_or_default()).replace('-', "");
    let mut parts = name.split('.');
    let known = parts.next().is_some_and(|segment| !segment.is_empty() && list.contains(segment));
    match (parts.next(), parts.next()) {
        (Some(opstamp), Some("del")) => known && list.contains(&format!("\"opstamp\":{opstamp}")),
        _ => known || matches!(name, "meta.json" | "current"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_bit_is_noticed_in_every_file() {
    let (dir, expected) = sound().await;
    let mut numbers = Numbers(1);
    for file in files(&folder(dir.path())) {
        let length = usize::try_from(file.metadata().unwrap().len()).unwrap();
        let Some(last) = length.checked_sub(1) else { continue };
        let mut places: Vec<usize> = (0..3).map(|_| numbers.below(length)).collect();
        places.extend([0, length / 2, last]);
        for place in places {
            let bit = numbers.below(8);
            let flip = |path: &Path| {
                let mut bytes = fs::read(path).unwrap();
                bytes[place] ^= 1 << bit;
                fs::write(path, bytes).unwrap();
            };
            let seen = noticed(dir.path(), &expected, &file, &format!("bit {bit} of byte {place} of {length}"), flip).await;
            // The last part of a file is about the file; it may be read differently without a consequence, its contents may not.
            assert!(seen || !matters(&file) || place + 150 > length, "{}: {place}", file.display());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_bit_anywhere_in_the_list_of_segments_is_noticed() {
    let (dir, expected) = sound().await;
    let mut numbers = Numbers(2);
    let meta = folder(dir.path()).join("meta.json");
    let length = fs::read(&meta).unwrap().len();
    for place in (0..length).step_by(13) {
        let bit = numbers.below(8);
        let flip = |path: &Path| {
            let mut bytes = fs::read(path).unwrap();
            bytes[place] ^= 1 << bit;
            fs::write(path, bytes).unwrap();
        };
        let what = format!("bit {bit} of byte {place}");
        assert!(noticed(dir.path(), &expected, &meta, &what, flip).await, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shortened_emptied_or_missing_file_is_noticed_and_the_index_can_be_filled_again() {
    let (dir, expected) = sound().await;
    let mut all = files(&folder(dir.path()));
    all.push(dir.path().join("current"));
    for file in &all {
        let length = usize::try_from(file.metadata().unwrap().len()).unwrap();
        for rest in [0, length / 2, length.saturating_sub(1)] {
            let cut = |path: &Path| fs::write(path, &fs::read(path).unwrap()[..rest]).unwrap();
            let seen = noticed(dir.path(), &expected, file, &format!("cut to {rest} of {length}"), cut).await;
            assert!(seen || !matters(file), "{}: cut to {rest}", file.display());
        }
        let seen = noticed(dir.path(), &expected, file, "removed", |path| fs::remove_file(path).unwrap()).await;
        assert!(seen || !matters(file), "{} removed", file.display());
    }
    let damaged = copy(dir.path());
    fs::write(folder(damaged.path()).join("meta.json"), "{").unwrap();
    let (index, opened) = open(damaged.path());
    assert_eq!(opened, Opened::Fresh);
    rebuild(&index, "3").await.unwrap();
    assert_eq!(answers(&index).unwrap(), expected);
    assert_eq!(folders(damaged.path()), [folder(damaged.path())], "nothing else is left");
    drop(index);
    let (index, opened) = open(damaged.path());
    assert_eq!((opened, answers(&index).unwrap()), (Opened::Existing, expected));
}

#[tokio::test]
async fn what_is_not_the_current_index_is_no_index() {
    let (dir, expected) = sound().await;
    // An index of an older layout, one that was never finished, and a note that was never put in place.
    let current = folder(dir.path());
    for name in ["index-v0-0123456789abcdef-7", "index-v1", &format!("{}9", current.file_name().unwrap().to_string_lossy())] {
        let unfinished = dir.path().join(name);
        fs::create_dir(&unfinished).unwrap();
        fs::copy(current.join("meta.json"), unfinished.join("meta.json")).unwrap();
    }
    fs::write(dir.path().join("current.new"), "index-v1").unwrap();
    let (index, opened) = open(dir.path());
    assert_eq!((opened, answers(&index).unwrap()), (Opened::Existing, expected.clone()));
    assert_eq!(folders(dir.path()), std::slice::from_ref(&current), "the others are gone");
    // A rebuild that is given up leaves nothing.
    let mut new = index.rebuild().await.unwrap();
    new.add(last_state()).await.unwrap();
    assert_eq!(folders(dir.path()).len(), 2);
    drop(new);
    assert_eq!(folders(dir.path()), [current]);
    assert_eq!(answers(&index).unwrap(), expected);
    drop(index);
    for name in ["index-v0-0123456789abcdef-7", "../elsewhere", "", "index-v1"] {
        let dir = copy(dir.path());
        fs::write(dir.path().join("current"), name).unwrap();
        assert_eq!(open(dir.path()).1, Opened::Fresh, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_another_index_is_built_the_old_one_answers_and_changes() {
    let (dir, expected) = sound().await;
    let (index, _) = open(dir.path());
    let mut new = index.rebuild().await.unwrap();
    new.add(last_state()).await.unwrap();
    assert_eq!(answers(&index).unwrap(), expected);
    index.apply(vec![put(50, "其间发布")], "4".to_owned()).await.unwrap();
    assert_eq!(index.len(), last_state().len() + 1);
    let held = index.clone();
    new.finish("3".to_owned()).await.unwrap();
    assert_eq!(answers(&held).unwrap(), expected, "the new one is in place for everybody");
    // What came after its position is applied to it.
    held.apply(vec![put(50, "其间发布")], "4".to_owned()).await.unwrap();
    assert_eq!((index.len(), index.position().as_deref()), (last_state().len() + 1, Some("4")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_under_the_running_program_is_noticed_and_repaired() {
    let (dir, expected) = sound().await;
    let (index, _) = open(dir.path());
    // The stored texts are overwritten in place, as a failing disk would.
    for file in files(&folder(dir.path())).iter().filter(|file| file.extension().is_some_and(|e| e == "store")) {
        use std::os::unix::fs::FileExt as _;
        let length = usize::try_from(file.metadata().unwrap().len()).unwrap();
        fs::OpenOptions::new().write(true).open(file).unwrap().write_all_at(&vec![0xff; length], 0).unwrap();
    }
    assert!(answers(&index).is_err(), "an error, no panic");
    assert!(index.is_suspect());
    assert_eq!(index.recover().await.unwrap(), Opened::Fresh);
    assert!(!index.is_suspect() && index.position().is_none());
    rebuild(&index, "3").await.unwrap();
    assert_eq!(answers(&index).unwrap(), expected);

    // Gone altogether: what is open still answers, a change does not.
    fs::remove_dir_all(folder(dir.path())).unwrap();
    assert!(index.apply(vec![put(60, "无处可写")], "4".to_owned()).await.is_err());
    assert!(index.is_suspect());
    assert_eq!(index.recover().await.unwrap(), Opened::Fresh);
    rebuild(&index, "3").await.unwrap();
    assert_eq!(answers(&index).unwrap(), expected);
    // Suspected for nothing, it is taken as it is.
    assert_eq!(index.recover().await.unwrap(), Opened::Existing);
    assert_eq!(answers(&index).unwrap(), expected);
    index.apply(vec![put(60, "又能写了")], "5".to_owned()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_the_old_index_answers_until_there_is_room() {
    let (dir, expected) = sound().await;
    let disk = Disk::default();
    let (index, _) = SearchIndex::open_through(dir.path(), settings(), disk.wrap()).unwrap();
    disk.set_full(true);
    for _ in 0..3 {
        let error = index.apply(vec![put(60, "没有空间")], "4".to_owned()).await.unwrap_err();
        assert!(!error.is_damage() || matches!(error, SearchError::Engine(_) | SearchError::WriterGone), "{error}");
        assert!(rebuild(&index, "4").await.is_err());
        assert_eq!(answers(&index).unwrap(), expected);
    }
    disk.set_full(false);
    if index.is_suspect() {
        assert_eq!(index.recover().await.unwrap(), Opened::Existing);
    }
    assert_eq!(answers(&index).unwrap(), expected);
    index.apply(vec![put(60, "又有空间")], "4".to_owned()).await.unwrap();
    assert_eq!((index.position().as_deref(), index.len()), (Some("4"), last_state().len() + 1));
    rebuild(&index, "3").await.unwrap();
    assert_eq!(answers(&index).unwrap(), expected);
    assert_eq!(folders(dir.path()).len(), 1, "what could not be finished is gone");
    drop(index);

    // Full from the beginning, and without an index: an empty one stands in.
    let dir = tempfile::tempdir().unwrap();
    let disk = Disk::default();
    disk.set_full(true);
    let (index, opened) = SearchIndex::open_through(dir.path(), settings(), disk.wrap()).unwrap();
    assert_eq!((opened, index.position(), index.len()), (Opened::Fresh, None, 0));
    assert!(rebuild(&index, "3").await.is_err());
    disk.set_full(false);
    rebuild(&index, "3").await.unwrap();
    assert_eq!(answers(&index).unwrap(), expected);
}

/// A life of an index: changes, a rebuild, and a change after it. It ends where the disk does.
async fn life(index: &SearchIndex) -> Result<(), SearchError> {
    for (position, changes) in history() {
        index.apply(changes, position.to_owned()).await?;
    }
    rebuild(index, "3").await?;
    index.apply(vec![put(70, "最后一项")], "4".to_owned()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopped_at_any_operation_it_is_where_its_position_says() {
    // What there is to see at each position, told by an index to which nothing happens.
    let mut states = BTreeMap::new();
    let witness = SearchIndex::in_memory().unwrap();
    states.insert(None, answers(&witness).unwrap());
    for (position, changes) in history().into_iter().chain([("4", vec![put(70, "最后一项")])]) {
        witness.apply(changes, position.to_owned()).await.unwrap();
        states.insert(witness.position(), answers(&witness).unwrap());
    }
    let dir = tempfile::tempdir().unwrap();
    let disk = Disk::default();
    let (index, _) = SearchIndex::open_through(dir.path(), settings(), disk.wrap()).unwrap();
    life(&index).await.unwrap();
    drop(index);
    let operations = disk.operations();
    assert!(operations > 120, "{operations}");
    let mut numbers = Numbers(3);
    let mut reached = BTreeMap::new();
    for point in 0..120 {
        // One in every part of its life, at random within it.
        let part = usize::try_from(operations / 120).unwrap();
        let last = (point * part + numbers.below(part)) as u64 + 1;
        let dir = tempfile::tempdir().unwrap();
        let disk = Disk::that_stops_at(last);
        let (index, _) = SearchIndex::open_through(dir.path(), settings(), disk.wrap()).unwrap();
        let _ = life(&index).await;
        drop(index);
        let (index, _) = open(dir.path());
        let position = index.position();
        assert_eq!(answers(&index).unwrap(), states[&position], "stopped at operation {last}, position {position:?}");
        *reached.entry(position).or_insert(0) += 1;
        // It goes on from there.
        index.apply(vec![put(80, "之后")], "9".to_owned()).await.unwrap();
        assert_eq!(index.position().as_deref(), Some("9"));
    }
    assert!(reached.len() >= 4, "every state was met: {reached:?}");
}
