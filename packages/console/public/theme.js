// Runs before the first paint, so that a remembered theme never flashes. A file of its own: the CSP allows no inline script.
try {
  const theme = localStorage.getItem('headwater.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is blocked: the system's theme is used.
}
