// What a search of the site shows first: Sphinx asks `score` for each result.
// Who searches mostly has the text of an error, and wants the page about it.
const asked = new URLSearchParams(window.location.search).get("q") || "";
const words = asked.toLowerCase().match(/[a-z]{3,}/g) || [];

// Between 0 and 5 for each word of a page's name that was asked for.
function named(page) {
  const parts = page.split("/").pop().split("-");
  const found = parts.filter((part) =>
    words.some((word) => word.includes(part) || word.slice(0, 4) === part.slice(0, 4)),
  );
  return (5 * found.length ** 2) / parts.length;
}

var Scorer = {
  score: ([page, title, anchor, description, score]) => {
    // These have every text there is.
    if (page.startsWith("reach/") || ["failures", "causes"].includes(page)) return score - 20;
    if (page.startsWith("errors/") && !page.endsWith("other")) score += 10;
    return score + named(page);
  },
  // The rest is what Sphinx has.
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
