// <form hidden data-opened> is sent once when the page is open: a friend came by a shared link. Nothing depends on it.
const form = document.querySelector("form[data-opened]");
if (form) fetch(form.action, { method: "POST", body: new FormData(form) }).catch(() => {}); // offline, perhaps
