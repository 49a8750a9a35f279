//! A list of what is inside the program, in the form CycloneDX 1.5.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use serde_json::{Value, json};

/// The list, from what `cargo metadata` says for one platform: the packages that are linked into the program, without
/// those that only build or test it.
///
/// # Errors
/// When `metadata` is of another form.
pub fn sbom(metadata: &Value, package: &str) -> anyhow::Result<Value> {
    let packages: BTreeMap<&str, &Value> =
        list(metadata, "/packages")?.map(|found| (text(found, "id"), found)).collect();
    let linked = linked(metadata, &packages, package)?;
    let is_root = |id: &str| packages.get(id).is_some_and(|found| text(found, "name") == package);
    let (root, others): (Vec<&str>, Vec<&str>) = linked.keys().copied().partition(|id| is_root(id));
    let components = |ids: &[&str]| -> Vec<Value> {
        ids.iter().filter_map(|id| packages.get(id)).map(|package| component(package)).collect()
    };
    let dependencies = linked.iter().map(|(id, on)| {
        let on: Vec<_> = on.iter().map(|id| reference(packages[id])).collect();
        json!({ "ref": reference(packages[id]), "dependsOn": on })
    });
    Ok(json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": components(&root).pop() },
        "components": components(&others),
        "dependencies": dependencies.collect::<Vec<_>>(),
    }))
}

/// The packages reachable from `package` through normal dependencies, each with those it needs itself.
fn linked<'a>(
    metadata: &'a Value,
    packages: &BTreeMap<&'a str, &'a Value>,
    package: &str,
) -> anyhow::Result<BTreeMap<&'a str, BTreeSet<&'a str>>> {
    let nodes: BTreeMap<&str, &Value> =
        list(metadata, "/resolve/nodes")?.map(|node| (text(node, "id"), node)).collect();
    let root = packages.iter().find(|(_, found)| text(found, "name") == package);
    let mut open = vec![*root.with_context(|| format!("there is no package {package}"))?.0];
    let mut linked = BTreeMap::new();
    while let Some(id) = open.pop() {
        if linked.contains_key(id) {
            continue;
        }
        let node = nodes.get(id).with_context(|| format!("{id} is not resolved"))?;
        let is_normal = |dependency: &&Value| {
            let kinds = dependency["dep_kinds"].as_array();
            kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind["kind"].is_null()))
        };
        let needs = |dependency: &'a Value| text(dependency, "pkg");
        let needed: BTreeSet<_> = list(node, "/deps")?.filter(is_normal).map(needs).collect();
        // Procedural macros run in the compiler; nothing of them, nor of what they need, is linked.
        let needed: BTreeSet<_> =
            needed.into_iter().filter(|id| !packages.get(id).is_some_and(|p| is_macro(p))).collect();
        open.extend(needed.iter().copied());
        linked.insert(id, needed);
    }
    Ok(linked)
}

fn component(package: &Value) -> Value {
    let mut component = json!({
        "type": if package["source"].is_null() { "application" } else { "library" },
        "bom-ref": reference(package),
        "name": package["name"],
        "version": package["version"],
    });
    if let Some(licence) = package["license"].as_str() {
        component["licenses"] = json!([{ "expression": licence.replace('/', " OR ") }]);
    }
    if !package["source"].is_null() {
        component["purl"] = reference(package).into();
    }
    component
}

fn reference(package: &Value) -> String {
    format!("pkg:cargo/{}@{}", text(package, "name"), text(package, "version"))
}

fn is_macro(package: &Value) -> bool {
    let targets = package["targets"].as_array().into_iter().flatten();
    targets.filter_map(|target| target["kind"].as_array()).flatten().any(|kind| kind == "proc-macro")
}

fn list<'a>(value: &'a Value, pointer: &str) -> anyhow::Result<impl Iterator<Item = &'a Value>> {
    let list = value.pointer(pointer).and_then(Value::as_array);
    Ok(list.with_context(|| format!("cargo's metadata has no {pointer}"))?.iter())
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_linked_is_listed() {
        let package = |name: &str, source: Value, kind: &str| {
            json!({ "id": name, "name": name, "version": "1.0.0", "source": source, "license": "MIT/Apache-2.0",
                "targets": [{ "kind": [kind] }] })
        };
        let needs = |name: &str, kind: Value| json!({ "pkg": name, "dep_kinds": [{ "kind": kind }] });
        let metadata = json!({
            "packages": [
                package("us", Value::Null, "bin"), package("lib", json!("registry"), "lib"),
                package("macros", json!("registry"), "proc-macro"), package("builder", json!("registry"), "lib"),
                package("deep", json!("registry"), "lib"), package("unrelated", json!("registry"), "lib"),
            ],
            "resolve": { "nodes": [
                { "id": "us", "deps": [needs("lib", Value::Null), needs("macros", Value::Null), needs("builder", json!("build"))] },
                { "id": "lib", "deps": [needs("deep", Value::Null), needs("unrelated", json!("dev"))] },
                { "id": "deep", "deps": [] }, { "id": "macros", "deps": [] }, { "id": "unrelated", "deps": [] },
            ] },
        });
        let bom = sbom(&metadata, "us").unwrap();
        assert_eq!(bom["metadata"]["component"]["name"], "us");
        let names: Vec<_> = bom["components"].as_array().unwrap().iter().map(|found| text(found, "name")).collect();
        assert_eq!(names, ["deep", "lib"]);
        assert_eq!(bom["components"][0]["purl"], "pkg:cargo/deep@1.0.0");
        assert_eq!(bom["components"][0]["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(
            bom["dependencies"][2],
            json!({ "ref": "pkg:cargo/us@1.0.0", "dependsOn": ["pkg:cargo/lib@1.0.0"] })
        );
        assert!(sbom(&metadata, "nobody").is_err());
    }
}
