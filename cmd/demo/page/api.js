// post sends what a person does and resolves with what became of it; it rejects with words
// fit for a toast.
export async function post(path, body) {
  let response;
  try {
    response = await fetch(`api/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body ?? {}),
    });
  } catch {
    throw new Error("没有发出去：演示程序没有响应");
  }
  if (!response.ok) throw new Error(`没有发出去（${response.status}）`);
  return response.status === 204 ? null : response.json();
}

// upload sends photos, telling how much has left (0 to 1); it resolves once all have.
export function upload(openid, files, { button, progress }) {
  const form = new FormData();
  for (const file of files) form.append("photo", file, file.name || "photo.jpg");
  if (button) {
    form.append("menu_type", button.type);
    form.append("menu_key", button.key);
  }
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", (event) => progress(event.total ? event.loaded / event.total : 0));
    request.upload.addEventListener("load", () => resolve());
    request.addEventListener("load", () => (request.status < 300 ? resolve() : reject(new Error(`照片没有发出去（${request.status}）`))));
    request.addEventListener("error", () => reject(new Error("照片没有发出去：演示程序没有响应")));
    request.open("POST", `api/${encodeURIComponent(openid)}/photos`);
    request.send(form);
  });
}

export async function chat(openid, after) {
  const response = await fetch(`api/${encodeURIComponent(openid)}/chat?after=${after}`);
  return (await response.json()).entries;
}

export async function sampleFile(name) {
  const response = await fetch(sampleURL(name));
  if (!response.ok) throw new Error("样例照片打不开");
  const blob = await response.blob();
  return new File([blob], name.split("/").at(-1), { type: blob.type });
}

export const sampleURL = (name) => `samples/${name.split("/").map(encodeURIComponent).join("/")}`;
