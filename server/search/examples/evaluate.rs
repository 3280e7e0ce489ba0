//! Prints the figures of BEIR folders: `cargo run -p keqiao-search --example evaluate -- FOLDER…`.

use std::path::Path;

use keqiao_search::evaluate::{EvaluateError, evaluate};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), EvaluateError> {
    println!("{:32} queries nDCG@10 judged  MRR@10  R@10   R@100   p50 ms  p99 ms", "set");
    for folder in std::env::args().skip(1) {
        let path = Path::new(&folder);
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        let f = evaluate(path, "dev").await?;
        println!(
            "{name:32} {:7} {:.4}  {:.4}  {:.4}  {:.4} {:.4} {:7.2} {:7.2}",
            f.queries, f.ndcg10, f.ndcg10_judged, f.mrr10, f.recall10, f.recall100, f.p50_ms, f.p99_ms
        );
    }
    Ok(())
}
