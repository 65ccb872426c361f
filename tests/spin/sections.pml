/* Rounds with sections: what is read inside a section is used without lock and without log.

   The object is in place P at first. The carrier reads P inside a section, stores what it found in place Q, and may
   empty Q later; the taker reads Q inside a section, may keep what it found beyond the section's end, and may empty Q;
   the writer empties P. A context logs the add of what it keeps before it leaves, the add of a place before it stores
   there, the drop after it has overwritten. There is no lock; a place is emptied by an exchange. The taker may pass a
   safepoint, after which it has nothing that it has not kept. A pair is what holds the object: P, Q, or PIN for what
   the taker keeps.

   A round: cut all logs, in any order; apply adds and drops up to the cuts; wait until each context that is inside
   a section when it is looked at, which is after all cuts, has left it or passed a safepoint; save, that is read the
   ends of all logs again, in any order, and apply the adds up to there; release the object if the table has nothing
   that holds it.

   Holds: nobody touches the object after its release; after a round the table has no count below 0; when all is dropped
   and applied, it has been released.

   variants: NO_GRACE GRACE_BEFORE_CUT KEEP_AFTER_LEAVE READ_BEFORE_ENTER NO_SAVE DROP_BEFORE_CHANGE

   NO_GRACE            nobody is waited for
   GRACE_BEFORE_CUT    who is inside is found out before the cuts: who enters between is missed
   KEEP_AFTER_LEAVE    the add of what is kept is logged after leaving
   READ_BEFORE_ENTER   the pointer is read before the mark of the section can be seen, as without a fence
   NO_SAVE             the ends are not read again after the wait: adds logged inside sections are missed
   DROP_BEFORE_CHANGE  a drop is logged before the pointer is overwritten
   REACH               claims that nothing is ever released, which must be wrong */

#define CARRIER 0
#define TAKER   1
#define WRITER  2
#define LOGS    3
#define LENGTH  3

#define PIN     0
#define P       1
#define Q       2
#define PAIRS   3
#define DROP    4                       /* a drop is its pair and this */

#define CUT     0
#define SAVE    LOGS
#define EVENT(i, k) events[(i) * LENGTH + (k)]

byte events[LOGS * LENGTH];
byte end[LOGS];
bit inside[LOGS];
bit passed[LOGS];                       /* a section has ended that was seen while the worker waited for it */
bit in_p = 1, in_q, released;
byte running = 3;
hidden byte i, k;                       /* the worker's, inside one step */

inline append(i, event) { d_step { EVENT(i, end[i]) = event; end[i]++ } }

inline leave(i) { d_step { inside[i] = 0; passed[i] = 1 } }

inline safepoint(i) { passed[i] = 1 }

inline enter_and_read(i, place) {
#ifdef READ_BEFORE_ENTER
  has = place; inside[i] = 1
#else
  inside[i] = 1; has = place
#endif
}

inline use() { assert(!has || !released) }

/* Empties a place if it has the object. */
inline exchange(i, place, pair) {
#ifdef DROP_BEFORE_CHANGE
  if
  :: place -> append(i, pair + DROP); place = 0
  :: else
  fi
#else
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
#endif
}

active proctype carrier() {
  bit has, had;
  enter_and_read(CARRIER, in_p);
  if
  :: has ->
#ifdef KEEP_AFTER_LEAVE
    use(); leave(CARRIER); append(CARRIER, Q); in_q = 1;
#else
    use(); append(CARRIER, Q); in_q = 1; use(); has = 0; leave(CARRIER);
#endif
    exchange(CARRIER, in_q, Q)
  :: else -> leave(CARRIER)
  fi;
  running--
}

active proctype taker() {
  bit has, had;
  enter_and_read(TAKER, in_q);
  if
  :: has -> use(); has = 0; safepoint(TAKER); has = in_q
  :: true
  fi;
  if
  :: has -> exchange(TAKER, in_q, Q)
  :: true
  fi;
  if
  :: has ->
#ifdef KEEP_AFTER_LEAVE
    leave(TAKER); append(TAKER, PIN);
#else
    append(TAKER, PIN); leave(TAKER);
#endif
    use(); has = 0; append(TAKER, PIN + DROP)
  :: true -> use(); has = 0; leave(TAKER)
  fi;
  running--
}

active proctype writer() {
  bit had;
  exchange(WRITER, in_p, P);
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

/* Who is inside, seen in one context after the other. */
inline look() {
  d_step { wait[CARRIER] = inside[CARRIER]; passed[CARRIER] = 0 };
  d_step { wait[TAKER] = inside[TAKER]; passed[TAKER] = 0 }
}

inline wait_for(i) {
  if
  :: !wait[i]
  :: wait[i] && passed[i]
  fi;
  d_step { wait[i] = 0; passed[i] = 0 }
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

active proctype worker() {
  byte seen;
  bit wait[LOGS];
  byte ends[2 * LOGS];                  /* what was read of the logs' ends: CUT + i, SAVE + i */
  byte added[LOGS], dropped[LOGS];      /* how far adds and drops have been applied */
  short table[PAIRS];
  table[P] = 1;
  do
  :: running == 0 && dropped[0] == end[0] && dropped[1] == end[1] && dropped[2] == end[2] -> break
  :: else ->
#ifdef GRACE_BEFORE_CUT
    look();
#endif
    read_ends(CUT);
    d_step {
      i = 0;
      do
      :: i < LOGS -> apply_adds(i, ends[CUT + i]); apply_drops(i, ends[CUT + i]); i++
      :: else -> break
      od
    };
#ifndef NO_GRACE
#ifndef GRACE_BEFORE_CUT
    look();
#endif
    wait_for(CARRIER);
    wait_for(TAKER);
#endif
#ifndef NO_SAVE
    read_ends(SAVE);
#endif
    d_step {
#ifndef NO_SAVE
      i = 0;
      do
      :: i < LOGS -> apply_adds(i, ends[SAVE + i]); i++
      :: else -> break
      od;
      assert(table[PIN] >= 0 && table[P] >= 0 && table[Q] >= 0);
#endif
      if
      :: table[PIN] <= 0 && table[P] <= 0 && table[Q] <= 0 -> released = 1
      :: else
      fi;
      i = 0;
      do
      :: i < 2 * LOGS -> ends[i] = 0; i++
      :: else -> break
      od
    }
  od;
#ifdef REACH
  assert(!released)
#else
  assert(released)
#endif
}
