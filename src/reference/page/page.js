// Starts the renderer with the settings and the document that the page holds.
const settings = JSON.parse(document.getElementById("settings").textContent);
globalThis.Scalar.createApiReference("#reference", settings);
