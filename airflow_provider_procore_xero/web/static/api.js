// Our API, with the session that Airflow gave. An error is a sentence to show.

export class Refused extends Error {
  constructor(sentence, status) {
    super(sentence);
    this.status = status;
  }
}

async function ask(method, path, body) {
  const request = { method, credentials: "same-origin", headers: { Accept: "application/json" } };
  if (body !== undefined) {
    request.headers["Content-Type"] = "application/json";
    request.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(new URL(`api/${path}`, document.baseURI), request);
  } catch {
    throw new Refused("Airflow did not answer. Is it running, and are you connected?", 0);
  }
  const said = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(said?.detail ?? `Airflow answered ${answer.status}.`, answer.status);
  return said;
}

export const get = (path) => ask("GET", path);
export const post = (path, body = {}) => ask("POST", path, body);
export const remove = (path) => ask("DELETE", path);
