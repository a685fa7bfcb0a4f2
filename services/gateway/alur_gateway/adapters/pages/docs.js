// Draws the description of the API. Everything from it is put in as text, never as markup.

const METHODS = ["get", "post", "put", "patch", "delete"];

function element(name, text, ...children) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  made.append(...children);
  return made;
}

function referenced(api, schema) {
  const name = schema?.$ref?.split("/").pop();
  return name ? api.components.schemas[name] : schema;
}

function shape(api, schema, depth = 0) {
  const found = referenced(api, schema) ?? {};
  if (found.anyOf) return shape(api, found.anyOf.find((one) => one.type !== "null"), depth);
  if (found.enum) return found.enum.join(" | ");
  if (found.type === "array") return [shape(api, found.items, depth)];
  if (found.properties && depth < 4) {
    return Object.fromEntries(
      Object.entries(found.properties).map(([key, value]) => [key, shape(api, value, depth + 1)]),
    );
  }
  return found.format ?? found.type ?? "any";
}

function block(api, title, content) {
  const schema = content?.["application/json"]?.schema;
  if (!schema) return [];
  const text = JSON.stringify(shape(api, schema), null, 2);
  return [element("h4", title), element("pre", text)];
}

function parameters(operation) {
  const table = element("table");
  for (const one of operation.parameters ?? []) {
    const about = `${one.in}${one.required ? ", required" : ""}. ${one.description ?? ""}`;
    table.append(element("tr", "", element("td", "", element("code", one.name)), element("td", about)));
  }
  return table.children.length ? [element("h4", "Parameters"), table] : [];
}

function drawn(api, path, method, operation) {
  const verb = element("b", method.toUpperCase());
  verb.className = `method ${method.toUpperCase()}`;
  const title = element("summary", "", verb, element("code", path), element("span", operation.summary));
  const inside = element("div", "", element("p", operation.description), ...parameters(operation));
  inside.className = "inside";
  inside.append(...block(api, "Body", operation.requestBody?.content));
  for (const [status, answer] of Object.entries(operation.responses)) {
    inside.append(...block(api, `Answer ${status}`, answer.content));
  }
  const details = element("details", "", title, inside);
  details.dataset.text = `${path} ${operation.summary} ${operation.description}`.toLowerCase();
  return details;
}

function draw(api) {
  const groups = new Map();
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of METHODS.filter((one) => item[one])) {
      const group = item[method].tags?.[0] ?? "other";
      if (!groups.has(group)) groups.set(group, element("section", "", element("h2", group)));
      groups.get(group).append(drawn(api, path, method, item[method]));
    }
  }
  document.getElementById("about").textContent = api.info.description;
  document.getElementById("operations").replaceChildren(...groups.values());
}

function find(word) {
  for (const details of document.querySelectorAll("details")) {
    details.hidden = !details.dataset.text.includes(word.toLowerCase());
  }
}

document.getElementById("find").addEventListener("input", (event) => find(event.target.value));
const answer = await fetch("/api/v1/openapi.json");
draw(await answer.json());
