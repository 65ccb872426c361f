// What happens on a click: the handler is hung on the element and closes over the element's style, which knows the story,
// which knows the element.

const votes = new Map();

xlgc.shared.attach = function (element, style) {
  let clicks = 0;
  element.onclick = () => {
    clicks += 1;
    const points = style.visit(style);
    votes.set(style.rule, (votes.get(style.rule) || 0) + 1);
    return `${clicks} clicks, ${points} points`;
  };
};

xlgc.shared.votes = () => [...votes].map(([rule, count]) => `${rule} ${count}`).join(", ");
