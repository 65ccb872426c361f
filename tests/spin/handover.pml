/* Rounds without sections: one object goes from hand to hand while the worker stops nobody.

   The object is in place P at first. The carrier takes it from P, puts it into place Q and lets go; the taker takes it
   from Q, and may empty Q; the dropper empties P, and may fill it again from Q. Each has a log of its own. The
   program's lock spans reading a place and logging the add, and changing a place and logging the drop. A pair is what
   holds the object: P, Q, or PIN for what a mutator has in its hands.

   A round: cut all logs, in any order; apply adds and drops up to the cuts, where an add and a drop of one pair in one
   log cancel; save, that is read the ends of all logs again, in any order, and apply the adds up to there; release the
   object if the table has nothing that holds it.

   Holds: nobody has the object when it is released or touches it afterwards; after a round the table has no count below
   0; when all is dropped and applied, it has been released.

   variants: NO_SAVE DROPS_AT_SAVE CANCEL_BEYOND_CUT CANCEL_APPLIED IGNORE_UNKNOWN NO_LOCK
   sound: DROPS_LAST

   NO_SAVE            the ends are not read again: an add that came before an applied drop is missed
   DROPS_AT_SAVE      drops up to the second ends are applied too: the ends are not read in one moment
   CANCEL_BEYOND_CUT  so do pairs that cancel when the drop lies between cut and save
   CANCEL_APPLIED     an add that a save has applied cancels with its drop in the next round: a leak
   IGNORE_UNKNOWN     a drop of what the table does not have is ignored. Its add may be in another log, beyond that
                      log's cut, and is applied by the save: a leak. Counts must go below 0 for that long, or else
   DROPS_LAST         drops up to the cut are applied after the adds up to the save: no count ever goes below 0
   NO_LOCK            reading a place and logging the add come apart
   REACH              claims that nothing is ever released, which must be wrong */

#define CARRIER 0
#define TAKER   1
#define DROPPER 2
#define LOGS    3
#define LENGTH  4

#define PIN     0
#define P       1
#define Q       2
#define PAIRS   3
#define DROP    4                       /* a drop is its pair and this */
#define NOTHING 8                       /* what is left of an event that was cancelled */

#define CUT  0
#define SAVE LOGS
#define EVENT(i, k) events[(i) * LENGTH + (k)]

byte events[LOGS * LENGTH];
byte end[LOGS];
hidden byte i, k, m;                    /* the worker's, inside one step */
bit in_p = 1, in_q, released;
byte hands, running = 3;                /* how many mutators have the object; how many are not done */


/* What the program does under its lock. Each such block logs one event, and logs are all that the worker sees. */
#ifdef NO_LOCK
#define LOCKED
#else
#define LOCKED atomic
#endif

inline append(i, event) { d_step { EVENT(i, end[i]) = event; end[i]++ } }

inline take(i, place) {
  LOCKED {
    d_step { has = place; hands = hands + has };
    if
    :: has -> append(i, PIN)
    :: else
    fi
  }
}

inline fill(i, place, pair) { append(i, pair); place = 1 }

inline clear(i, place, pair) {
  LOCKED {
    if
    :: place -> place = 0; append(i, pair + DROP)
    :: else
    fi
  }
}

inline let_go(i) { atomic { assert(!released); hands--; has = 0; append(i, PIN + DROP) } }

active proctype carrier() {
  bit has;
  take(CARRIER, in_p);
  if
  :: has -> LOCKED { fill(CARRIER, in_q, Q) }; let_go(CARRIER); clear(CARRIER, in_q, Q)
  :: else
  fi;
  running--
}

active proctype taker() {
  bit has;
  take(TAKER, in_q);
  if
  :: has -> clear(TAKER, in_q, Q); let_go(TAKER)
  :: has -> let_go(TAKER)
  :: else
  fi;
  running--
}

active proctype dropper() {
  clear(DROPPER, in_p, P);
  LOCKED {
    if
    :: in_q -> fill(DROPPER, in_p, P)
    :: true
    fi
  };
  clear(DROPPER, in_p, P);
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

/* Cancels in log i, from event `first` to before `limit`. */
inline cancel(i, first, limit) {
  k = first;
  do
  :: k < limit && EVENT(i, k) < DROP ->
    m = dropped[i];
    do
    :: m < limit && EVENT(i, m) != EVENT(i, k) + DROP -> m++
    :: else -> break
    od;
    if
    :: m < limit -> EVENT(i, k) = NOTHING; EVENT(i, m) = NOTHING
    :: else
    fi;
    k++
  :: k < limit && EVENT(i, k) >= DROP -> k++
  :: else -> break
  od
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
    :: EVENT(i, k) >= DROP && EVENT(i, k) != NOTHING ->
#ifdef IGNORE_UNKNOWN
      if
      :: table[EVENT(i, k) - DROP] > 0 -> table[EVENT(i, k) - DROP]--
      :: else
      fi
#else
      table[EVENT(i, k) - DROP]--
#endif
#ifdef DROPS_LAST
      ; assert(table[EVENT(i, k) - DROP] >= 0)
#endif
    :: else
    fi;
    k++
  :: else -> break
  od;
  dropped[i] = limit
}

inline apply_cut(i) {
#ifdef CANCEL_APPLIED
  cancel(i, dropped[i], ends[CUT + i]);
#else
  cancel(i, added[i], ends[CUT + i]);
#endif
  apply_adds(i, ends[CUT + i]);
#ifndef DROPS_LAST
  apply_drops(i, ends[CUT + i])
#endif
}

inline apply_save(i) {
#ifdef CANCEL_BEYOND_CUT
  cancel(i, added[i], ends[SAVE + i]);
#endif
  apply_adds(i, ends[SAVE + i]);
#ifdef DROPS_AT_SAVE
  apply_drops(i, ends[SAVE + i])
#endif
}

active proctype worker() {
  byte seen;
  byte ends[2 * LOGS];                  /* what was read of the logs' ends: CUT + i, SAVE + i */
  byte added[LOGS], dropped[LOGS];      /* how far adds and drops have been applied */
  short table[PAIRS];
  table[P] = 1;
  do
  :: running == 0 && dropped[0] == end[0] && dropped[1] == end[1] && dropped[2] == end[2] -> break
  :: else ->
    read_ends(CUT);
    d_step {
      i = 0;
      do
      :: i < LOGS -> apply_cut(i); i++
      :: else -> break
      od
    };
#ifndef NO_SAVE
    read_ends(SAVE);
    d_step {
      i = 0;
      do
      :: i < LOGS -> apply_save(i); i++
      :: else -> break
      od
#ifdef DROPS_LAST
      ; i = 0;
      do
      :: i < LOGS -> apply_drops(i, ends[CUT + i]); i++
      :: else -> break
      od
#endif
      ;
#else
    d_step {
#endif
#ifndef NO_SAVE
      assert(table[PIN] >= 0 && table[P] >= 0 && table[Q] >= 0);
#endif
      if
      :: table[PIN] <= 0 && table[P] <= 0 && table[Q] <= 0 ->
        assert(!in_p && !in_q && !hands);
        released = 1
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
