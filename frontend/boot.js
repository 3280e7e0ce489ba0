// Wakes the islands of a page. The addresses of the program come with the script's own tag, so that one Content-Security-Policy nonce
// covers everything and nothing is written inline.

const { js, wasm } = document.querySelector("script[data-wasm]").dataset;

// The callbacks of the islands whose children are being walked: an island inside them runs in the context of its parent.
const parents = [];

async function wake(node, islands) {
  const tag = node.localName;
  if (tag === "leptos-island") {
    const island = islands[node.dataset.component];
    if (island) {
      parents.at(-1)?.();
      await island(node);
    } else {
      console.warn(`no island is called ${node.dataset.component}`);
    }
  }
  if (tag === "leptos-children") parents.push(node.$$on_hydrate);
  for (const child of node.children) await wake(child, islands);
  if (tag === "leptos-children") parents.pop();
}

// A page without islands needs no program.
if (document.querySelector("leptos-island")) {
  const program = fetch(wasm);
  const islands = await import(js);
  await islands.default({ module_or_path: program });
  islands.hydrate();
  await wake(document.body, islands);
}
document.documentElement.dataset.awake = "";
