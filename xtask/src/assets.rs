//! `cargo xtask assets`: what browsers download, named by content and compressed beforehand.

use crate::{
    stylesheet,
    tools::{Tool, WASM},
    workspace::{self, Workspace},
};
use anyhow::{Context, Result, bail};
use flate2::{Compression, write::GzEncoder};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write,
    path::{Path, PathBuf},
    slice,
};
use walkdir::WalkDir;
use wasm_bindgen_cli_support::Bindgen;

/// The logical names whose gzipped sum is what a first visit costs, apart from its page.
const PROGRAM: [&str; 7] = ["keqiao.wasm", "keqiao.js", "boot.js", "suggest.js", "live.js", "board.js", "draft.js"];
const PROGRAM_BUDGET: u64 = 160_000;
const STYLE: [&str; 1] = ["main.css"];
const STYLE_BUDGET: u64 = 25_000;

/// The folder that the server hands out, and what is in it.
pub struct Site {
    /// `target/site`.
    pub folder: PathBuf,
    /// Hashed file names by logical name: what `manifest.json` says.
    files: BTreeMap<String, String>,
}

/// One file to be handed out.
struct Asset {
    /// What the server and the style sheets call it.
    name: String,
    /// Its file name, which gets a hash before the extension.
    file: String,
    content: Vec<u8>,
}

/// What was made of which inputs: kept between runs, so that nothing is made twice.
#[derive(Default, Serialize, Deserialize)]
struct Made {
    inputs: String,
    files: BTreeMap<String, String>,
}

/// Builds the assets, as far as they are not up to date.
pub fn build(workspace: &Workspace) -> Result<Site> {
    Tool::Wasm.ensure(workspace)?;
    let profile = ["build", "--locked", "--package", "keqiao-frontend", "--target", WASM, "--profile", "wasm"];
    workspace::run(&mut workspace.cargo(&profile))?;

    let wasm = workspace.target.join(WASM).join("wasm").join("keqiao_frontend.wasm");
    let boot = workspace.root.join("frontend/boot.js");
    let suggest = workspace.root.join("frontend/suggest.js");
    let board = workspace.root.join("frontend/board.js");
    let live = workspace.root.join("frontend/live.js");
    let draft = workspace.root.join("frontend/draft.js");
    let style = workspace.root.join("style");
    let images = files(&style.join("icons"), None)?.into_iter().chain(files(&style.join("images"), None)?).collect::<Vec<_>>();
    let sheets = files(&style, Some("css"))?;

    let mut builder = Builder::open(workspace)?;
    builder.part("program", slice::from_ref(&wasm), || bindgen(&wasm))?;
    builder.part("boot", slice::from_ref(&boot), || Ok(vec![asset("boot.js", "boot.js", fs::read(&boot)?)]))?;
    builder.part("suggest", slice::from_ref(&suggest), || Ok(vec![asset("suggest.js", "suggest.js", fs::read(&suggest)?)]))?;
    builder.part("live", slice::from_ref(&live), || Ok(vec![asset("live.js", "live.js", fs::read(&live)?)]))?;
    builder.part("board", slice::from_ref(&board), || Ok(vec![asset("board.js", "board.js", fs::read(&board)?)]))?;
    builder.part("draft", slice::from_ref(&draft), || Ok(vec![asset("draft.js", "draft.js", fs::read(&draft)?)]))?;
    builder.part("images", &images, || images.iter().map(|path| image(path)).collect())?;
    let names = builder.made("images");
    builder.part("style", &[sheets, images.clone()].concat(), || {
        let content = stylesheet::bundle(&style.join("main.css"), &names)?.into_bytes();
        Ok(vec![asset("main.css", "keqiao.css", content)])
    })?;
    builder.finish()
}

impl Site {
    /// Prints each file with its size, plain and compressed.
    pub fn print_sizes(&self) -> Result<()> {
        println!("{:<24} {:>10} {:>10} {:>10}", "", "plain", "gzip", "brotli");
        for (name, file) in &self.files {
            let size = |suffix: &str| fs::metadata(self.folder.join(format!("{file}{suffix}"))).map(|data| data.len());
            println!("{name:<24} {:>10} {:>10} {:>10}", size("")?, size(".gz")?, size(".br")?);
        }
        Ok(())
    }

    /// Fails when a first visit would download more than it may.
    pub fn check_budget(&self) -> Result<()> {
        let mut over = Vec::new();
        for (what, names, budget) in [("program", &PROGRAM[..], PROGRAM_BUDGET), ("style", &STYLE[..], STYLE_BUDGET)] {
            let mut sum = 0;
            for name in names {
                let file = self.files.get(*name).with_context(|| format!("{name} was not built"))?;
                sum += fs::metadata(self.folder.join(format!("{file}.gz")))?.len();
            }
            println!("{what}: {sum} of at most {budget} bytes (gzip)");
            if sum > budget {
                over.push(format!("{what} is {} bytes over its budget", sum - budget));
            }
        }
        if !over.is_empty() {
            bail!("{}", over.join(", "));
        }
        Ok(())
    }
}

/// Brings `target/site` up to date part by part.
struct Builder<'a> {
    workspace: &'a Workspace,
    folder: PathBuf,
    /// Parts as they were after the last run.
    before: BTreeMap<String, Made>,
    now: BTreeMap<String, Made>,
}

impl<'a> Builder<'a> {
    fn open(workspace: &'a Workspace) -> Result<Self> {
        let folder = workspace.target.join("site");
        fs::create_dir_all(&folder)?;
        // A record that cannot be read is as good as none: everything is made again.
        let before = fs::read(record(workspace)).ok().and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default();
        Ok(Self { workspace, folder, before, now: BTreeMap::new() })
    }

    /// Makes one part, unless its inputs are those of the last run and its files still lie there.
    fn part(&mut self, part: &str, inputs: &[PathBuf], make: impl FnOnce() -> Result<Vec<Asset>>) -> Result<()> {
        let inputs = fingerprint(self.workspace, inputs)?;
        let made = match self.before.remove(part) {
            Some(made) if made.inputs == inputs && made.files.values().all(|file| self.folder.join(file).is_file()) => {
                self.workspace.say(&format!("assets: {part} unchanged"));
                made
            }
            _ => {
                let mut files = BTreeMap::new();
                for asset in make()? {
                    files.insert(asset.name.clone(), self.write(&asset)?);
                }
                self.workspace.say(&format!("assets: {part} built"));
                Made { inputs, files }
            }
        };
        self.now.insert(part.to_owned(), made);
        Ok(())
    }

    /// The files of a part that was made before.
    fn made(&self, part: &str) -> BTreeMap<String, String> {
        self.now.get(part).map(|made| made.files.clone()).unwrap_or_default()
    }

    /// Writes the file and its compressed forms; answers its hashed name.
    fn write(&self, asset: &Asset) -> Result<String> {
        let file = hashed_name(asset);
        let path = self.folder.join(&file);
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&asset.content)?;
        let mut brotli = Vec::new();
        let best = brotli::enc::BrotliEncoderParams { quality: 11, ..Default::default() };
        brotli::BrotliCompress(&mut asset.content.as_slice(), &mut brotli, &best)?;
        fs::write(path.with_added_extension("gz"), gzip.finish()?)?;
        fs::write(path.with_added_extension("br"), brotli)?;
        fs::write(path, &asset.content)?;
        Ok(file)
    }

    /// Writes the manifest, then removes what no longer belongs.
    fn finish(self) -> Result<Site> {
        let mut files = BTreeMap::new();
        for (name, file) in self.now.values().flat_map(|made| &made.files) {
            if files.insert(name.clone(), file.clone()).is_some() {
                bail!("two assets are called {name}");
            }
        }
        fs::write(self.folder.join("manifest.json"), serde_json::to_string_pretty(&files)?)?;
        fs::write(record(self.workspace), serde_json::to_string(&self.now)?)?;
        let kept: BTreeSet<String> = files.values().flat_map(|file| ["", ".gz", ".br"].map(|suffix| format!("{file}{suffix}"))).collect();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name != "manifest.json" && !kept.contains(&name) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(Site { folder: self.folder, files })
    }
}

/// Where the parts of the last run are written down.
fn record(workspace: &Workspace) -> PathBuf {
    workspace.target.join("site.made.json")
}

/// Turns the compiled program into a module for browsers.
fn bindgen(wasm: &Path) -> Result<Vec<Asset>> {
    let mut output = Bindgen::new()
        .input_path(wasm)
        .out_name("keqiao")
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .omit_default_module_path(true)
        .generate_output()?;
    let scripts =
        output.snippets().iter().filter(|(_, inline)| !inline.is_empty()).map(|(name, _)| name).chain(output.local_modules().keys());
    let scripts: Vec<&String> = scripts.collect();
    if !scripts.is_empty() {
        bail!("these bring JavaScript files of their own, which are not handed out: {scripts:?}");
    }
    let js = output.js().as_bytes().to_vec();
    let wasm = output.wasm_mut().emit_wasm();
    Ok(vec![asset("keqiao.js", "keqiao.js", js), asset("keqiao.wasm", "keqiao.wasm", wasm)])
}

fn image(path: &Path) -> Result<Asset> {
    let name = path.file_name().and_then(|name| name.to_str()).with_context(|| format!("{} has no plain name", path.display()))?;
    Ok(asset(name, name, fs::read(path)?))
}

fn asset(name: &str, file: &str, content: Vec<u8>) -> Asset {
    Asset { name: name.to_owned(), file: file.to_owned(), content }
}

/// `boot.js` becomes `boot-1a2b3c4d.js`.
fn hashed_name(asset: &Asset) -> String {
    let hash = &hex(&Sha256::digest(&asset.content))[..8];
    match asset.file.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}-{hash}.{extension}"),
        None => format!("{}-{hash}", asset.file),
    }
}

/// One value for these files and for all that turns them into assets.
fn fingerprint(workspace: &Workspace, inputs: &[PathBuf]) -> Result<String> {
    let mut hasher = Sha256::new();
    for source in [include_str!("assets.rs"), include_str!("stylesheet.rs")] {
        hasher.update(source);
    }
    hasher.update(fs::read(workspace.root.join("Cargo.lock"))?);
    for input in inputs {
        let content = fs::read(input).with_context(|| format!("{} cannot be read", input.display()))?;
        hasher.update(input.to_string_lossy().as_bytes());
        hasher.update(content.len().to_le_bytes());
        hasher.update(content);
    }
    Ok(hex(&hasher.finalize()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The files below a folder, in order; none if there is no such folder.
fn files(folder: &Path, extension: Option<&str>) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_file() && extension.is_none_or(|wanted| entry.path().extension().is_some_and(|own| own == wanted)) {
            found.push(entry.into_path());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_carry_their_content() {
        assert_eq!(hashed_name(&asset("main.css", "keqiao.css", b"a{}".to_vec())), "keqiao-5f546eb4.css");
        assert_ne!(hashed_name(&asset("x", "x.svg", b"1".to_vec())), hashed_name(&asset("x", "x.svg", b"2".to_vec())));
    }
}
