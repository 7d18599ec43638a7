// An upload shows how far it is; without scripts the browser does.
"use strict";
document.addEventListener("submit", (e) => {
  const form = e.target;
  const bar = form.querySelector("#upload-progress");
  if (!bar || e.defaultPrevented) return;
  e.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  bar.hidden = false;
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.upload.addEventListener("progress", (p) => {
    if (p.lengthComputable) bar.value = Math.round((100 * p.loaded) / p.total);
  });
  request.addEventListener("load", () => {
    // What follows is a page of its own: the roster's, or this one with what is wrong.
    if (request.responseURL && request.responseURL !== form.action) return location.assign(request.responseURL);
    const page = new DOMParser().parseFromString(request.responseText, "text/html").getElementById("main");
    if (!page) return failed();
    document.getElementById("main").replaceWith(page);
  });
  const failed = () => {
    button.disabled = false;
    bar.hidden = true;
    say("say-offline");
  };
  request.addEventListener("error", failed);
  request.send(new FormData(form));
});

// A form that is answered by a file leaves its page standing: it then asks how far the file is, and has an address under
// which that is found again.
document.addEventListener("submit", (e) => {
  if (!e.target.matches("form[data-export]")) return;
  history.replaceState(null, "", "?watch=" + e.target.elements.watch.value);
  document.body.dispatchEvent(new Event("exporting"));
});
