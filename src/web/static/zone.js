// Tells the server the reader's time zone, so that the next page shows times in it.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.includes(`kopilka_zone=${encodeURIComponent(zone)}`)) {
  document.cookie = `kopilka_zone=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax`;
}
