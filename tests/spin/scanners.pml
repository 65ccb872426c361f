/* Rounds with scanners: what a context has on its stack is held though nothing is logged.

   The object is on the stack of the giver, in place P, and in the table by a pin of P's; the giver may take it from P, store
   it in place Q from its stack, empty P, and pop. The taker reads Q onto its stack, may store it back in P, may empty Q,
   and pops. A place's add is logged before the store, its drop after it has been overwritten; a place is emptied by an
   exchange. Stacks change without any event. At a safe point a context whose scanner is asked logs a pin of what its stack
   has and was not pinned before, and then an unpin of what was pinned and is there no more. A pair is what holds the object:
   P, Q, or a report of one of the contexts.

   A round: cut all logs, in any order; apply adds and drops up to the cuts; ask all scanners, and wait until each has
   answered at a safe point after that; save, that is read the ends of all logs again, and apply the adds up to there;
   release the object if the table has nothing that holds it.

   Holds: nobody touches the object after its release; when all is dropped and applied, it has been released.

   variants: NOT_ASKED ASKED_BEFORE_CUT ONE_ASKED NO_SAVE ANSWER_BEFORE_PIN

   NOT_ASKED          no scanner is asked
   ASKED_BEFORE_CUT   they answer before the cuts
   ONE_ASKED          the round does not wait for the taker's
   NO_SAVE            the ends are not read again: the pins are missed
   ANSWER_BEFORE_PIN  a scanner says that it has answered, and logs the pin after that
   REACH              claims that nothing is ever released, which must be wrong */

#define GIVER   0
#define TAKER   1
#define LOGS    2
#define LENGTH  12

#define P       0
#define Q       1
#define REPORT  2                       /* of the giver; of the taker: the next */
#define PAIRS   4
#define DROP    4                       /* a drop is its pair and this */

#define EVENT(i, k) events[(i) * LENGTH + (k)]

byte events[LOGS * LENGTH];
byte end[LOGS];
bit asked[LOGS];                        /* and not answered */
bit gone[LOGS];                         /* the context has ended, with an empty stack and all unpinned */
bit in_p = 1, in_q, released;
hidden byte i, k;

inline append(i, event) { d_step { assert(end[i] < LENGTH); EVENT(i, end[i]) = event; end[i]++ } }

inline use() { assert(!has || !released) }

inline exchange(i, place, pair) {
  atomic {
    if
    :: place -> place = 0; had = 1
    :: else
    fi
  };
  if
  :: had -> had = 0; append(i, pair + DROP)
  :: else
  fi
}

/* What the scanner of a context does. */
inline report(i) {
  if
  :: has && !reported -> append(i, REPORT + i); reported = 1
  :: !has && reported -> append(i, REPORT + i + DROP); reported = 0
  :: else
  fi
}

inline safe_point(i) {
  use();
  if
  :: asked[i] ->
#ifdef ANSWER_BEFORE_PIN
    asked[i] = 0; report(i)
#else
    report(i); asked[i] = 0
#endif
  :: else
  fi
}

active proctype giver() {
  bit has, had, reported;
  has = in_p;
  safe_point(GIVER);
  if
  :: has -> append(GIVER, Q); in_q = 1
  :: true
  fi;
  safe_point(GIVER);
  exchange(GIVER, in_p, P);
  safe_point(GIVER);
  use(); has = 0;
  safe_point(GIVER);
  report(GIVER);
  gone[GIVER] = 1
}

active proctype taker() {
  bit has, had, reported;
  safe_point(TAKER);
  has = in_q;
  safe_point(TAKER);
  /* The giver has let go, or has never stored it, when this context ends. */
  exchange(TAKER, in_q, Q);
  safe_point(TAKER);
  use(); use(); has = 0;
  safe_point(TAKER);
  report(TAKER);
  gone[GIVER] -> exchange(TAKER, in_q, Q);
  gone[TAKER] = 1
}

inline read_ends() {
  do
  :: !(seen & 1) -> atomic { ends[0] = end[0]; seen = seen | 1 }
  :: !(seen & 2) -> atomic { ends[1] = end[1]; seen = seen | 2 }
  :: seen == 3 -> break
  od;
  seen = 0
}

inline apply_adds(i, limit) {
  k = added[i];
  do
  :: k < limit ->
    if
    :: EVENT(i, k) < DROP -> table[EVENT(i, k)]++
    :: else
    fi;
    k++
  :: else -> break
  od;
  added[i] = (limit > added[i] -> limit : added[i])
}

inline apply_drops(i, limit) {
  k = dropped[i];
  do
  :: k < limit ->
    if
    :: EVENT(i, k) >= DROP -> table[EVENT(i, k) - DROP]--
    :: else
    fi;
    k++
  :: else -> break
  od;
  dropped[i] = limit
}

inline ask() {
  d_step { asked[GIVER] = !gone[GIVER]; asked[TAKER] = !gone[TAKER] };
  !asked[GIVER] || gone[GIVER];
#ifndef ONE_ASKED
  !asked[TAKER] || gone[TAKER]
#endif
}

active proctype worker() {
  byte seen;
  byte ends[LOGS], added[LOGS], dropped[LOGS];
  short table[PAIRS];
  table[P] = 1;
  do
  :: gone[0] && gone[1] && dropped[0] == end[0] && dropped[1] == end[1] -> break
  :: else ->
#ifdef ASKED_BEFORE_CUT
    ask();
#endif
    read_ends();
    d_step { apply_adds(0, ends[0]); apply_adds(1, ends[1]); apply_drops(0, ends[0]); apply_drops(1, ends[1]) };
#ifndef NOT_ASKED
#ifndef ASKED_BEFORE_CUT
    ask();
#endif
#endif
#ifndef NO_SAVE
    read_ends();
#endif
    d_step {
      apply_adds(0, ends[0]); apply_adds(1, ends[1]);
      if
      :: table[P] <= 0 && table[Q] <= 0 && table[REPORT] <= 0 && table[REPORT + 1] <= 0 -> released = 1
      :: else
      fi;
      ends[0] = 0; ends[1] = 0
    }
  od;
#ifdef REACH
  assert(!released)
#else
  assert(released)
#endif
}
