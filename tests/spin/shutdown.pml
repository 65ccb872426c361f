/* Shutdown: what was accepted is applied, what was refused is not.

   To log an event a mutator looks whether the pool is closed, is refused if so, and appends if not: two steps. The
   shutdown closes the pool and runs rounds until the logs look empty, one after the other; a mutator that had found
   the pool open may append after that. To destroy, when no mutator runs any more, goes on with rounds until all logs
   are empty. A releaser, which the worker runs, may log what it lets go of; that is accepted also when closed, into a
   log of the worker's.

   One mutator lets go of X, and then logs an add and a drop of Z; another lets go of its own hold of X. X holds Y, of
   which its releaser lets go; the releaser of Y logs nothing. A round cuts all logs, applies adds and drops up to
   there, saves, applies adds up to there, and releases what nothing holds.

   Holds: in the end every accepted event has been applied, once; no refused one has; what was let go of by accepted
   events has been released.

   variants: NO_LAST_ROUND ONE_LAST_ROUND LOOK_AFTER_APPEND REFUSE_RELEASERS

   NO_LAST_ROUND      to destroy runs no round
   ONE_LAST_ROUND     to destroy runs one round: what a releaser logs in it is not applied
   LOOK_AFTER_APPEND  a mutator appends first, and reports as refused what was appended after the closing
   REFUSE_RELEASERS   releasers are refused after the closing, too: what their objects held stays
   REACH              claims that nothing is released after the closing, which must be wrong */

#define FIRST   0
#define SECOND  1
#define WORKER  2
#define LOGS    3
#define LENGTH  3

#define X       0
#define Y       1
#define Z       2
#define OBJECTS 3
#define DROP    4                       /* a drop is its object and this */

#define CUT     0
#define SAVE    LOGS
#define AT(i, k) ((i) * LENGTH + (k))

byte events[LOGS * LENGTH];
byte applied[LOGS * LENGTH];            /* how often */
byte end[LOGS], accepted[LOGS];
bit closed;
byte running = 2;
byte holds[OBJECTS];
bit released[OBJECTS];
bit late;                               /* something was released after the closing */
byte i, k;                       /* the worker's */

inline append(i, event) { d_step { events[AT(i, end[i])] = event; end[i]++ } }

/* A mutator's event; sets `open` to whether it was accepted. */
inline report(i, event) {
#ifdef LOOK_AFTER_APPEND
  append(i, event);
  d_step { open = !closed; accepted[i] = accepted[i] + open }
#else
  open = !closed;
  if
  :: open -> d_step { events[AT(i, end[i])] = event; end[i]++; accepted[i]++ }
  :: else
  fi
#endif
}

active proctype first() {
  bit open;
  report(FIRST, X + DROP);
  report(FIRST, Z);
  if
  :: open -> report(FIRST, Z + DROP)
  :: else
  fi;
  running--
}

active proctype second() {
  bit open;
  report(SECOND, X + DROP);
  running--
}

inline read_ends(into) {
  do
  :: !(seen & 1) -> atomic { ends[into] = end[0]; seen = seen | 1 }
  :: !(seen & 2) -> atomic { ends[into + 1] = end[1]; seen = seen | 2 }
  :: !(seen & 4) -> atomic { ends[into + 2] = end[2]; seen = seen | 4 }
  :: seen == 7 -> break
  od;
  seen = 0
}

inline apply_adds(i, limit) {
  k = added[i];
  do
  :: k < limit ->
    if
    :: events[AT(i, k)] < DROP -> holds[events[AT(i, k)]]++; applied[AT(i, k)]++
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
    :: events[AT(i, k)] >= DROP -> holds[events[AT(i, k)] - DROP]--; applied[AT(i, k)]++
    :: else
    fi;
    k++
  :: else -> break
  od;
  dropped[i] = limit
}

inline release(object) {
  if
  :: !released[object] && holds[object] == 0 && known[object] ->
    released[object] = 1;
    late = late | closed;
    if
#ifdef REFUSE_RELEASERS
    :: object == X && !closed ->
#else
    :: object == X ->
#endif
      append(WORKER, Y + DROP); accepted[WORKER]++
    :: else
    fi
  :: else
  fi
}

inline round() {
  read_ends(CUT);
  d_step {
    i = 0;
    do
    :: i < LOGS -> apply_adds(i, ends[CUT + i]); apply_drops(i, ends[CUT + i]); i++
    :: else -> break
    od
  };
  read_ends(SAVE);
  d_step {
    i = 0;
    do
    :: i < LOGS -> apply_adds(i, ends[SAVE + i]); i++
    :: else -> break
    od;
    known[Z] = known[Z] | (added[FIRST] > 1);
    i = 0;
    do
    :: i < 2 * LOGS -> ends[i] = 0; i++
    :: else -> break
    od
  };
  atomic { release(X) };
  atomic { release(Y) };
  atomic { release(Z) }
}

/* Sets `empty_now`, looking at one log after the other. */
inline look() {
  empty_now = 1;
  i = 0;
  do
  :: i < LOGS -> atomic { empty_now = empty_now & (dropped[i] == end[i]); i++ }
  :: else -> break
  od;
  i = 0
}

inline rounds_until_empty() {
  look();
  do
  :: empty_now -> break
  :: else -> round(); look()
  od;
  empty_now = 0
}

active proctype worker() {
  byte seen;
  bit empty_now;
  bit known[OBJECTS];
  byte ends[2 * LOGS];                  /* what was read of the logs' ends: CUT + i, SAVE + i */
  byte added[LOGS], dropped[LOGS];      /* how far adds and drops have been applied */
  d_step { holds[X] = 2; holds[Y] = 1; known[X] = 1; known[Y] = 1 };

  if
  :: round()
  :: true
  fi;
  closed = 1;
  rounds_until_empty();

  running == 0;
#ifdef ONE_LAST_ROUND
  round();
#else
#ifndef NO_LAST_ROUND
  rounds_until_empty();
#endif
#endif

#ifdef REACH
  assert(!late);
#endif
  d_step {
    i = 0;
    do
    :: i < LOGS ->
      k = 0;
      do
      :: k < LENGTH -> assert(applied[AT(i, k)] == (k < accepted[i])); k++
      :: else -> break
      od;
      i++
    :: else -> break
    od
  };
  if
  :: accepted[FIRST] >= 1 && accepted[SECOND] == 1 -> assert(released[X] && released[Y])
  :: else -> assert(!released[X] && !released[Y])
  fi;
  assert(released[Z] == (accepted[FIRST] == 3))
}
