//! The style sheets, bundled into one and written for the browsers that we support.

use anyhow::{Context, Result, anyhow};
use lightningcss::{
    bundler::{Bundler, FileProvider},
    dependencies::{Dependency, DependencyOptions},
    printer::PrinterOptions,
    stylesheet::{MinifyOptions, ParserOptions},
    targets::{Browsers, Targets},
};
use std::{collections::BTreeMap, path::Path};

/// Browsers of 2023 and later: nesting, layers, `oklch` and container queries need no crutches there.
fn targets() -> Targets {
    let version = |major: u32, minor: u32| Some(major << 16 | minor << 8);
    Targets::from(Browsers {
        chrome: version(111, 0),
        edge: version(111, 0),
        firefox: version(113, 0),
        safari: version(16, 4),
        ios_saf: version(16, 4),
        ..Browsers::default()
    })
}

/// Bundles the sheet with everything it imports. `images` gives the final names that `url(…)` needs.
pub fn bundle(main: &Path, images: &BTreeMap<String, String>) -> Result<String> {
    let files = FileProvider::new();
    let mut sheet =
        Bundler::new(&files, None, ParserOptions::default()).bundle(main).map_err(|error| anyhow!("{}: {error}", main.display()))?;
    sheet.minify(MinifyOptions { targets: targets(), ..MinifyOptions::default() }).map_err(|error| anyhow!("{error}"))?;
    let printed = sheet
        .to_css(PrinterOptions {
            minify: true,
            targets: targets(),
            analyze_dependencies: Some(DependencyOptions::default()),
            ..PrinterOptions::default()
        })
        .map_err(|error| anyhow!("{error}"))?;
    let mut css = printed.code;
    for dependency in printed.dependencies.unwrap_or_default() {
        if let Dependency::Url(url) = dependency {
            css = css.replace(&url.placeholder, &address(&url.url, images).with_context(|| url.loc.file_path.clone())?);
        }
    }
    Ok(css)
}

/// Where an image lies once it has its final name: beside the style sheet.
fn address(url: &str, images: &BTreeMap<String, String>) -> Result<String> {
    if url.starts_with(['/', '#']) || url.starts_with("data:") {
        return Ok(url.to_owned());
    }
    let (path, fragment) = url.find('#').map_or((url, ""), |at| url.split_at(at));
    let name = path.rsplit('/').next().unwrap_or(path);
    let file = images.get(name).with_context(|| format!("url({url}): neither in style/icons nor in style/images"))?;
    Ok(format!("{file}{fragment}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn imports_are_bundled_and_images_renamed() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("base.css"), "a { b { color: oklch(50% 0.1 200); } }").unwrap();
        fs::write(
            folder.path().join("main.css"),
            "@layer base; @import 'base.css' layer(base);\n.c { background: url('icons/dot.svg#a'); }",
        )
        .unwrap();
        let images = BTreeMap::from([("dot.svg".to_owned(), "dot-12345678.svg".to_owned())]);
        let css = bundle(&folder.path().join("main.css"), &images).unwrap();
        assert_eq!(css, r#"@layer base{a b{color:oklch(50% .1 200)}}.c{background:url("dot-12345678.svg#a")}"#);
    }

    #[test]
    fn an_unknown_image_is_named() {
        let error = address("icons/none.svg", &BTreeMap::new()).unwrap_err();
        assert!(error.to_string().contains("icons/none.svg"));
        assert_eq!(address("data:,x", &BTreeMap::new()).unwrap(), "data:,x");
    }
}
