// Light or dark as Airflow around us is; by ourselves, as the system is. Runs before anything is
// painted, so that nothing flashes.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  let airflow = null;
  try {
    if (window.parent !== window) airflow = window.parent.document.documentElement;
  } catch {
    airflow = null; // framed by another site's page: it keeps its theme to itself
  }
  const apply = () => {
    const chosen = airflow && ["dark", "light"].find((name) => airflow.classList.contains(name));
    root.dataset.theme = chosen || (system.matches ? "dark" : "light");
  };
  apply();
  system.addEventListener("change", apply);
  if (airflow) new MutationObserver(apply).observe(airflow, { attributes: true });
})();
