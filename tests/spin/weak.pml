/* Weak references: a load races with the verdict.

   A holds B, and a root holds A until the dropper drops it. There are weak references to both. A load, under the pool's
   lock, looks at the object's cell: if the cell is gone (0 < doubt <= decided) it has nothing; else it adds a pin to
   the cell at once, and if the cell is doubted sets `shaken`. The loader lets go of what it loaded through its log. One
   loader loads A, reads B from it and pins that through its log, and may take B out of A; the other loads B, or loads A
   and may take B out of it. What reads or changes A's link and logs that is one step, being under the program's lock.

   A round: cut all logs, apply adds and drops up to the cuts, save, apply adds up to there. What the table's roots do
   not reach is doubted, one object after the other under the lock. Then the worker looks through: a doubted object
   with a pin in its cell is a root, and it and what it reaches are no longer doubted. Then it decides, under the lock:
   if `shaken` is set, it clears that and looks through again; else what is still doubted is gone, and is released
   afterwards without the lock.

   Both cells are there from the start. One that is made while the worker decides joins them under the lock, in the step
   in which it finds no other to be doubted: tests/schedules.c tries that in the code (weak-asked).

   Holds: what a mutator has is not released; what a load found gone is released and never comes back; when all is
   dropped and applied, both have been released.

   variants: DECIDE_UNSHAKEN LOAD_BY_LOG NULL_WHEN_DOUBTED RESCUE_ALONE NO_SAVE

   DECIDE_UNSHAKEN    the worker decides without looking at `shaken`
   LOAD_BY_LOG        a load's pin goes through the log and not to the cell
   NULL_WHEN_DOUBTED  a load finds nothing as soon as an object is doubted, and the object may live on
   RESCUE_ALONE       an object with a pin is no longer doubted, but what it reaches still is
   NO_SAVE            the ends are not read again
   REACH              claims that nothing is released after a load of it, which must be wrong */

#define DROPPER 0
#define READER  1
#define OTHER   2
#define LOGS    3
#define LENGTH  4

#define A       0
#define B       1
#define OBJECTS 2

#define PIN_A   0                       /* what holds what: A and B pinned, the root's A, A's B */
#define PIN_B   1
#define ROOT_A  2
#define A_B     3
#define PAIRS   4
#define DROP    4                       /* a drop is its pair and this */

#define CUT     0
#define SAVE    LOGS
#define EVENT(i, k) events[(i) * LENGTH + (k)]

byte events[LOGS * LENGTH];
byte end[LOGS];
bit a_holds_b = 1;
byte hands[OBJECTS];                    /* how many mutators have it */
byte cell[OBJECTS], doubt[OBJECTS], decided;
bit shaken;
bit released[OBJECTS], found_gone[OBJECTS], loaded[OBJECTS];
byte running = 3;
hidden byte i, k;                       /* the worker's, inside one step */

inline append(i, event) { EVENT(i, end[i]) = event; end[i]++ }

#ifdef NULL_WHEN_DOUBTED
#define GONE(object) (doubt[object] > 0)
#else
#define GONE(object) (doubt[object] > 0 && doubt[object] <= decided)
#endif

/* Pins stand first among the pairs, as objects do: PIN_A is A. */
inline load(i, object) {
  atomic {
    if
    :: GONE(object) -> found_gone[object] = 1
    :: else ->
      has = 1;
      hands[object]++;
      loaded[object] = 1;
#ifdef LOAD_BY_LOG
      append(i, object)
#else
      cell[object]++;
      if
      :: doubt[object] > 0 -> shaken = 1
      :: else
      fi
#endif
    fi
  }
}

inline let_go(i, object) { atomic { assert(!released[object]); hands[object]--; append(i, object + DROP) } }

active proctype dropper() {
  atomic { append(DROPPER, ROOT_A + DROP); running-- }
}

active proctype reader() {
  bit has, has_b;
  load(READER, A);
  if
  :: has ->
    atomic {                            /* under the program's lock */
      assert(!released[A]);
      if
      :: a_holds_b -> has_b = 1; hands[B]++; assert(!released[B]); append(READER, PIN_B)
      :: else
      fi
    };
    if
    :: atomic { a_holds_b -> a_holds_b = 0; append(READER, A_B + DROP) }
    :: true
    fi;
    let_go(READER, A);
    if
    :: has_b -> let_go(READER, B)
    :: else
    fi
  :: else
  fi;
  running--
}

active proctype other() {
  bit has;
  if
  :: true -> load(OTHER, A);
    if
    :: has ->
      if
      :: atomic { a_holds_b -> a_holds_b = 0; append(OTHER, A_B + DROP) }
      :: true
      fi;
      let_go(OTHER, A)
    :: else
    fi
  :: true -> load(OTHER, B);
    if
    :: has -> let_go(OTHER, B)
    :: else
    fi
  fi;
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
    :: EVENT(i, k) < DROP -> table[EVENT(i, k)]++
    :: else
    fi;
    k++
  :: else -> break
  od;
  added[i] = (limit > added[i] -> limit : added[i])
}

/* An unpin does not say whether a load or an event made its pin: it takes one from the cell if there is one. */
inline apply_drops(i, limit) {
  k = dropped[i];
  do
  :: k < limit ->
    if
    :: EVENT(i, k) >= DROP && EVENT(i, k) - DROP < OBJECTS && cell[EVENT(i, k) - DROP] > 0 ->
      cell[EVENT(i, k) - DROP]--
    :: EVENT(i, k) >= DROP && !(EVENT(i, k) - DROP < OBJECTS && cell[EVENT(i, k) - DROP] > 0) ->
      table[EVENT(i, k) - DROP]--
    :: else
    fi;
    k++
  :: else -> break
  od;
  dropped[i] = limit
}

inline release(object) {
  atomic {
    if
    :: !released[object] && doubt[object] > 0 && doubt[object] <= decided ->
      assert(hands[object] == 0);
      released[object] = 1
    :: else
    fi
  }
}

active proctype worker() {
  byte seen;
  byte ends[2 * LOGS];                  /* what was read of the logs' ends: CUT + i, SAVE + i */
  byte added[LOGS], dropped[LOGS];      /* how far adds and drops have been applied */
  short table[PAIRS];
  bit reached_a, reached_b;
  d_step { table[ROOT_A] = 1; table[A_B] = 1 };
  do
  :: running == 0 && dropped[0] == end[0] && dropped[1] == end[1] && dropped[2] == end[2] -> break
  :: else ->
    read_ends(CUT);
    d_step {
      i = 0;
      do
      :: i < LOGS -> apply_adds(i, ends[CUT + i]); apply_drops(i, ends[CUT + i]); i++
      :: else -> break
      od
    };
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
#endif
      reached_a = table[ROOT_A] > 0 || table[PIN_A] > 0;
      reached_b = table[PIN_B] > 0 || (reached_a && table[A_B] > 0);
      i = 0;
      do
      :: i < 2 * LOGS -> ends[i] = 0; i++
      :: else -> break
      od
    };

    d_step { doubt[A] = (!reached_a && !released[A] -> decided + 1 : doubt[A]) };
    d_step { doubt[B] = (!reached_b && !released[B] -> decided + 1 : doubt[B]) };
    d_step { reached_a = 0; reached_b = 0 };
    do
    :: doubt[A] <= decided && doubt[B] <= decided -> break
    :: else ->
      d_step {
        if
        :: doubt[A] > decided && cell[A] > 0 -> reached_a = 1; doubt[A] = 0
        :: else
        fi
      };
#ifndef RESCUE_ALONE
      d_step {
        if
        :: reached_a && table[A_B] > 0 && doubt[B] > decided -> doubt[B] = 0
        :: else
        fi
      };
#endif
      d_step {
        if
        :: doubt[B] > decided && cell[B] > 0 -> doubt[B] = 0
        :: else
        fi;
        reached_a = 0
      };
      d_step {
        if
#ifndef DECIDE_UNSHAKEN
        :: shaken -> shaken = 0
#endif
        :: else ->
          if
          :: doubt[A] > decided || doubt[B] > decided -> decided++
          :: else
          fi
        fi
      }
    od;
    release(A);
    release(B);
    assert(!found_gone[A] || released[A]);
    assert(!found_gone[B] || released[B])
  od;
#ifdef REACH
  assert(!(released[A] && released[B] && loaded[A] && loaded[B]))
#else
  assert(released[A] && released[B])
#endif
}
