// The graph of graph.h as JavaScript objects, for peer_engine.c, which says what the lines mean. For the shell of
// SpiderMonkey, whose gc() is a full collection.

function newGroup() {
  const head = {left: null, right: null, ring: null};
  const first = {next: null, head, other: null};
  let last = first;
  for (let i = 0; i < 6; i++) last = last.next = {next: null, head, other: null};
  last.next = first;
  head.ring = first;
  return head;
}

function assign(head, field, target) {
  if (field === 0) head.left = target;
  else if (field === 1) head.right = target;
  else if (field === 2) head.ring.other = target;
  else if (field === 3) head.ring.next.other = target;
  else head.ring.next.next.other = target;
}

let root = null;

function find(group) {
  let head = root;
  for (const digit of (group + 1).toString(2).slice(1)) head = digit === '1' ? head.right : head.left;
  return head;
}

function build(groups) {
  const heads = [];
  for (let g = 0; g < groups; g++) heads.push(newGroup());
  for (let g = 0; g < groups; g++) {
    const head = heads[g];
    head.left = heads[2 * g + 1] || null;
    head.right = heads[2 * g + 2] || null;
    assign(head, 2, heads[(g * g + 12345) % groups]);
    assign(head, 3, heads[(g * g + 3 * g + 271) % groups]);
    assign(head, 4, heads[(g * g + 7 * g + 4099) % groups]);
  }
  return heads[0];
}

let held = new Map(), changes = [], dead = [], watchedDead = [], watched = [];

function resolved(numbers) {
  const all = [];
  for (let i = 0; i < numbers.length; i += 3)
    all.push([held.get(numbers[i]), numbers[i + 1], held.get(numbers[i + 2]) || null]);
  return all;
}

function setAll(all) {
  for (const [head, field, target] of all) assign(head, field, target);
}

const gone = refs => refs.filter(ref => ref.deref() === undefined).length;

function makeCycle() {
  const one = {next: null}, two = {next: one}, three = {next: two};
  one.next = three;
  return new WeakRef(one);
}

function cycles(count) {
  let found = 0;
  for (let i = 0; i < count; i++) {
    const watch = makeCycle();
    clearKeptObjects();
    gc();
    found += watch.deref() === undefined;
  }
  return found;
}

const verbs = {
  build(numbers) { root = build(numbers[0]); },
  hold(numbers) { held = new Map(numbers.map(group => [group, find(group)])); },
  change(numbers) { changes = resolved(numbers); },
  dead(numbers) {
    dead = numbers;
    const isDead = new Set(dead);
    watchedDead = dead.map(group => new WeakRef(held.get(group)));
    watched = [...held].filter(([group]) => !isDead.has(group)).map(([, head]) => new WeakRef(head));
    clearKeptObjects(); // which holds what a weak reference was made for
  },
  go() {
    setAll(changes);
    changes = [];
    for (const group of dead) held.delete(group);
    gc();
  },
  check() { return gone(watchedDead) + ' ' + gone(watched); },
  new(numbers) {
    for (const group of numbers) held.set(group, newGroup());
  },
  set(numbers) { setAll(resolved(numbers)); },
  end() {
    held = new Map();
    watchedDead = watched = [];
    clearKeptObjects();
  },
  cycle(numbers) { return cycles(numbers[0]); },
};

for (let line; (line = readline()) !== null;) {
  const [verb, ...numbers] = line.trim().split(' ');
  print(verbs[verb](numbers.map(Number)) ?? 'done');
}
