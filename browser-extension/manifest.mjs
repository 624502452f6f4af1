// The manifest, for either browser. What it asks for is looked at by tests/browser: nothing is added in passing.

/** The pattern that stands for an origin; ports are no part of one. */
const patternOf = (origin) => `${new URL(origin).protocol}//${new URL(origin).hostname}/*`;

export function manifest({ browser, origin, version }) {
  const icons = Object.fromEntries([16, 32, 48, 128].map((size) => [size, `icons/${size}.png`]));
  return {
    manifest_version: 3,
    name: "__MSG_name__",
    description: "__MSG_description__",
    version,
    default_locale: "en",
    icons,
    action: { default_popup: "popup.html", default_icon: icons, default_title: "__MSG_name__" },
    options_ui: { page: "options.html", open_in_tab: true },
    permissions: ["storage", "alarms", "scripting", "activeTab", "webRequest"],
    host_permissions: [patternOf(origin)],
    optional_host_permissions: ["*://*/*"],
    incognito: "not_allowed",
    ...(browser === "chrome"
      ? { background: { service_worker: "background.js" }, minimum_chrome_version: "137" }
      : {
          background: { scripts: ["background.js"] },
          // Firefox turns every call into https by its own policy; a service on this machine may not have it.
          ...(origin.startsWith("http:") ? { content_security_policy: { extension_pages: "script-src 'self'" } } : {}),
          browser_specific_settings: {
            gecko: {
              id: "extension@kopilka.invalid",
              strict_min_version: "142.0",
              data_collection_permissions: { required: ["none"], optional: ["authenticationInfo"] },
            },
          },
        }),
  };
}
