/* cpp_pointers: a browser's classic leak, collected.
 *
 * A window holds its document, the document its listeners, and each listener the window that it was made in: a ring
 * that crosses three components, none of which knows of the others more than an interface. Each member pointer is a
 * com_ptr that knows whose member it is; no class has a function that traverses or clears anything. When the program
 * lets go of the window, the ring goes, and the cookie service, which the program still holds, stays.
 */
#include <xlgc.hpp>

#include <cstdio>
#include <string>

namespace com = xlgc::com;

/* ------------------------------------------------------------ interfaces */

class Window : public com::supports {
public:
  virtual void open(const std::string &title) = 0;
  virtual const std::string &title() const = 0;
};

class Observer : public com::supports {
public:
  virtual void observe(const std::string &topic) = 0;
};

class Listener : public com::supports {
public:
  virtual void handle(const std::string &event) = 0;
};

class Document : public com::supports {
public:
  virtual void listen(Listener *listener) = 0;
  virtual void fire(const std::string &event) = 0;
};

/* ------------------------------------------------------------ components */

class CookieService : public com::implements<Observer> {
public:
  ~CookieService() { std::puts("  the cookie service goes"); }
  void observe(const std::string &topic) override {
    std::printf("  the cookie service observes \"%s\"\n", topic.c_str());
  }
};

class HtmlDocument : public com::implements<Document, Observer> {
public:
  ~HtmlDocument() { std::puts("  the document goes"); }
  void listen(Listener *listener) override { listeners_.push_back(listener); }
  void fire(const std::string &event) override {
    for (const xlgc::ref<Listener> &listener : listeners_)
      listener->handle(event);
  }
  void observe(const std::string &topic) override { fire(topic); }

private:
  xlgc::ref_vector<Listener> listeners_{this};
};

class TopWindow : public com::implements<Window, Observer> {
public:
  explicit TopWindow(Document *document) { document_ = document; }
  ~TopWindow() {
    /* The document may be gone by now; then the pointer is null. */
    if (document_) document_->fire("unload");
    std::printf("  the window \"%s\" goes\n", title_.c_str());
  }
  void open(const std::string &title) override {
    title_ = title;
    next_ = document_; /* asks the document for its Observer */
  }
  const std::string &title() const override { return title_; }
  void observe(const std::string &topic) override {
    if (next_) next_->observe(topic);
  }

private:
  xlgc::com_ptr<Document> document_{this};
  xlgc::com_ptr<Observer> next_{this};
  std::string title_;
};

class ClickListener : public com::implements<Listener> {
public:
  ClickListener(Window *window, Observer *service) : window_(this, window), service_(this, service) {}
  ~ClickListener() { std::puts("  a listener goes"); }
  void handle(const std::string &event) override { service_->observe(event + " in " + window_->title()); }

private:
  xlgc::com_ptr<Window> window_;
  xlgc::com_ptr<Observer> service_;
};

int main() {
  xlgc::pool pool;
  xlgc::root<CookieService> service = xlgc::make<CookieService>();
  {
    xlgc::root<HtmlDocument> document = xlgc::make<HtmlDocument>();
    xlgc::root<TopWindow> window = xlgc::make<TopWindow>(document.get());
    window->open("home");
    for (int i = 0; i < 2; i++)
      document->listen(xlgc::make<ClickListener>(window.get(), service.get()).get());
    document = nullptr;
    std::puts("a click:");
    window->observe("click");
    pool.flush();
    std::printf("%d objects, %d links\n", static_cast<int>(pool.statistics().objects),
                static_cast<int>(pool.statistics().links));
    std::puts("the program lets go of the window:");
  }
  pool.flush();
  std::printf("%d object, %d links\n", static_cast<int>(pool.statistics().objects),
              static_cast<int>(pool.statistics().links));
  std::puts("and of the service:");
  service = nullptr;
  pool.flush();
  const bool clean = pool.statistics().objects == 0;
  std::puts(clean ? "nothing is left" : "something was left");
  return clean ? 0 : 1;
}
