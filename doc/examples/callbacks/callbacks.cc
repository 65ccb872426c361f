// A dialog has a button, the button a callback, and the callback has the dialog, to close it: with std::shared_ptr that
// is a leak, or a weak pointer that each such place needs. Here what is captured are refs, which say what holds them.
#include <cstdio>
#include <functional>
#include <string>
#include <utility>
#include <xlgc.hpp>

// What is called, and the object that it captures.
template <class T> struct callback : xlgc::object {
  xlgc::ref<T> owner{this};
  std::function<void(T &)> function;
  callback(T *captured, std::function<void(T &)> called) : function(std::move(called)) { owner = captured; }
  void operator()() { function(*owner); }
};

struct dialog;

struct button : xlgc::object {
  xlgc::ref<callback<dialog>> on_click{this};
  ~button() { std::puts("the button is gone"); }
};

struct dialog : xlgc::object {
  std::string title;
  xlgc::ref<button> ok{this};
  explicit dialog(std::string text) : title(std::move(text)) {
    ok = xlgc::make<button>();
    ok->on_click =
        xlgc::make<callback<dialog>>(this, [](dialog &self) { std::printf("%s: clicked\n", self.title.c_str()); });
  }
  ~dialog() { std::puts("the dialog is gone"); }
};

int main() {
  xlgc::pool pool;
  xlgc::root<dialog> shown = xlgc::make<dialog>("Save?");
  (*shown->ok->on_click)();
  shown = nullptr; // the ring of dialog, button and callback is held by nothing
  pool.flush();
  std::puts("the end");
}
