//! Turns `src/locales/<language>/*.json` into sorted tables, so that a missing sentence is a compile error.

use std::{collections::BTreeMap, env, error::Error, fmt::Write as _, fs, path::Path};

fn read(language: &str) -> Result<BTreeMap<String, String>, Box<dyn Error>> {
    let folder = Path::new("src/locales").join(language);
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut words = BTreeMap::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_none_or(|e| e != "json") {
            continue;
        }
        println!("cargo::rerun-if-changed={}", path.display());
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let file: BTreeMap<String, String> =
            serde_json::from_str(&fs::read_to_string(&path)?).map_err(|e| format!("{}: {e}", path.display()))?;
        for (key, sentence) in file {
            words.insert(format!("{stem}.{key}"), sentence);
        }
    }
    Ok(words)
}

fn main() -> Result<(), Box<dyn Error>> {
    let zh = read("zh-CN")?;
    let en = read("en")?;
    for key in zh.keys().chain(en.keys()) {
        if !zh.contains_key(key) || !en.contains_key(key) {
            return Err(format!("sentence `{key}` stands in one language only").into());
        }
    }
    let mut out = String::new();
    writeln!(out, "pub(crate) static KEYS: [&str; {}] = {:?};", zh.len(), zh.keys().collect::<Vec<_>>())?;
    writeln!(out, "pub(crate) static ZH: [&str; {}] = {:?};", zh.len(), zh.values().collect::<Vec<_>>())?;
    writeln!(out, "pub(crate) static EN: [&str; {}] = {:?};", en.len(), en.values().collect::<Vec<_>>())?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("locales.rs"), out)?;
    Ok(())
}
