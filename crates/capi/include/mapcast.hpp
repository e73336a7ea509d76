/*
 * mapcast for C++17: RAII, templates, std::optional, std::chrono and exceptions over mapcast.h. Header only: link
 * with libmapcast. See docs/cpp.md.
 *
 * A record is a standard-layout, trivially copyable struct that MAPCAST_RECORD describes, outside of namespaces:
 *
 *     struct Drone { double x, y; int battery; };
 *     MAPCAST_RECORD(Drone, "drone",
 *         MAPCAST_FIELD(Drone, x, "m", "east of the start"),
 *         MAPCAST_FIELD(Drone, y, "m", "north of the start"),
 *         MAPCAST_FIELD(Drone, battery, "%", ""))
 *
 * Members are numbers, bool, char, enums, and arrays or std::array of those; any other does not compile. All bytes of
 * a record are published, its padding too: that of a static one is zero.
 *
 * Readers print the name of a value where there is one. MAPCAST_LABELS names those of an enum, before MAPCAST_RECORD;
 * of any other member, labels are the last argument of MAPCAST_FIELD:
 *
 *     enum class Mode : std::uint8_t { off, on };
 *     MAPCAST_LABELS(Mode, {Mode::off, "off"}, {Mode::on, "on"})
 *
 *     constexpr mapcast_label gears[] = {{0, "neutral"}, {1, "first"}};
 *     MAPCAST_FIELD(Drone, gear, "", "of the motor", gears)
 *
 * Functions throw mapcast::Error; those whose name begins with try_ return Result instead, and throw nothing but
 * std::bad_alloc. An object that was moved from has no handle: each use of it is MAPCAST_ERR_INVALID, until another
 * is moved to it. Threads, fork and SIGBUS: as mapcast.h says.
 */
#ifndef MAPCAST_HPP
#define MAPCAST_HPP

#include <mapcast.h>

#include <array>
#include <chrono>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace mapcast {

/* What is wrong, with which file, and what can be done about it. */
class Error : public std::runtime_error {
public:
    /* The last error of this thread. */
    static Error last()
    {
        mapcast_error details{};
        mapcast_error_details(&details);
        return Error(details);
    }

    /* An argument that cannot be used. */
    static Error invalid(const char *fact, const char *advice)
    {
        const std::string message = std::string(fact) + "; " + advice;
        return Error({MAPCAST_ERR_INVALID, 0, message.c_str(), "", fact, advice});
    }

    /* MAPCAST_ERR_... */
    int code() const noexcept { return code_; }
    /* The errno of the system call that failed; 0 if none did. */
    int os_error() const noexcept { return os_error_; }
    const std::string &path() const noexcept { return path_; }
    const std::string &fact() const noexcept { return fact_; }
    const std::string &advice() const noexcept { return advice_; }

private:
    explicit Error(const mapcast_error &details)
        : std::runtime_error(details.message), code_(details.code), os_error_(details.os_error),
          path_(details.path), fact_(details.fact), advice_(details.advice)
    {
    }

    int code_, os_error_;
    std::string path_, fact_, advice_;
};

/* A value, or why there is none: std::expected, for C++17. */
template <class T>
class Result {
public:
    Result(T value) : held_(std::move(value)) {}
    Result(Error error) : held_(std::move(error)) {}

    explicit operator bool() const noexcept { return std::holds_alternative<T>(held_); }
    /* The value; throws the error if there is none. */
    T &value() &
    {
        if (!*this)
            throw error();
        return *std::get_if<T>(&held_);
    }
    const T &value() const &
    {
        if (!*this)
            throw error();
        return *std::get_if<T>(&held_);
    }
    T value() && { return std::move(value()); }
    T &operator*() & { return value(); }
    const T &operator*() const & { return value(); }
    T operator*() && { return std::move(*this).value(); }
    T *operator->() { return &value(); }
    const T *operator->() const { return &value(); }
    /* The error; there has to be one. */
    const Error &error() const { return std::get<Error>(held_); }

private:
    std::variant<T, Error> held_;
};

/* The result of a function that has no value. */
using Done = std::monostate;

/* The layout of T: MAPCAST_RECORD specializes it. */
template <class T>
struct Layout;

/* A name for a value of T. */
template <class T>
struct Label {
    T value;
    const char *text;
};

/* The names of values of the enum T: MAPCAST_LABELS specializes it. */
template <class T>
struct Labels {
    static constexpr std::array<mapcast_label, 0> all{};
};

namespace detail {

template <class T>
inline constexpr bool is_never = false;

/* The type of a field, and of an element of an array. */
template <class T>
struct Element {
    using type = std::remove_cv_t<std::remove_all_extents_t<T>>;
};
template <class T, std::size_t N>
struct Element<std::array<T, N>> : Element<T> {
    static_assert(N > 0, "no record can hold an array without elements");
};

template <class Member>
constexpr std::uint32_t type_of()
{
    using T = typename Element<std::remove_cv_t<Member>>::type;
    if constexpr (std::is_enum_v<T>)
        return type_of<std::underlying_type_t<T>>();
    else if constexpr (std::is_same_v<T, bool>)
        return MAPCAST_BOOL;
    else if constexpr (std::is_same_v<T, char>)
        return MAPCAST_CHAR;
    else if constexpr (std::is_same_v<T, float>)
        return MAPCAST_F32;
    else if constexpr (std::is_same_v<T, double>)
        return MAPCAST_F64;
    else if constexpr (std::is_integral_v<T> && sizeof(T) <= 8)
        return (std::is_signed_v<T> ? MAPCAST_I8 : MAPCAST_U8) +
               (sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3);
    else
        static_assert(is_never<T>, "no record can hold a member of this type");
}

template <class Member>
constexpr std::uint32_t count_of()
{
    using T = typename Element<std::remove_cv_t<Member>>::type;
    constexpr bool is_array = !std::is_same_v<T, std::remove_cv_t<Member>>;
    return is_array ? sizeof(Member) / sizeof(T) : 0;
}

template <class T, std::size_t N>
constexpr std::array<mapcast_label, N> raw(const Label<T> (&labels)[N])
{
    std::array<mapcast_label, N> made{};
    for (std::size_t i = 0; i < N; i++)
        made[i] = {static_cast<std::int64_t>(labels[i].value), labels[i].text};
    return made;
}

/* A member of this type, with the labels in [labels, labels + count). */
template <class Member>
mapcast_field labelled(const char *name, std::size_t offset, const char *unit, const char *help,
                       const mapcast_label *labels, std::size_t count)
{
    return {name, unit, help, labels, static_cast<std::uint32_t>(count), type_of<Member>(),
            count_of<Member>(), static_cast<std::uint32_t>(offset), {nullptr, nullptr}};
}

template <class Member>
mapcast_field field(const char *name, std::size_t offset, const char *unit, const char *help)
{
    using Its = Labels<typename Element<std::remove_cv_t<Member>>::type>;
    return labelled<Member>(name, offset, unit, help, Its::all.data(), Its::all.size());
}

template <class Member, std::size_t N>
mapcast_field field(const char *name, std::size_t offset, const char *unit, const char *help,
                    const mapcast_label (&labels)[N])
{
    return labelled<Member>(name, offset, unit, help, labels, N);
}

template <class Handle, int (*close)(Handle *)>
struct Closer {
    void operator()(Handle *handle) const noexcept { close(handle); }
};

/* A handle of the library, which is closed at its end. */
template <class Handle, int (*close)(Handle *)>
class Owned {
public:
    Owned() = default;
    /* What an open has returned, or the error that NULL stands for. */
    explicit Owned(Handle *opened) : held_(opened)
    {
        if (!held_)
            throw Error::last();
    }

    /* The handle; throws if it is another object's by now. */
    Handle *get() const
    {
        if (!held_)
            throw Error::invalid("the object was moved from", "use the one that it was moved to");
        return held_.get();
    }

private:
    std::unique_ptr<Handle, Closer<Handle, close>> held_;
};

/* Throws what a code says. */
inline int expect(int code)
{
    if (code < 0)
        throw Error::last();
    return code;
}

/* A text of the library, or the error that NULL stands for. */
inline std::string text(const char *text)
{
    if (text == nullptr)
        throw Error::last();
    return text;
}

/* A text for the library, which takes the first NUL for its end. */
inline const char *c_str(const std::string &text)
{
    if (text.find('\0') != std::string::npos)
        throw Error::invalid("a name has a NUL in it", "give it without");
    return text.c_str();
}

/* The milliseconds of a timeout, none of it lost; negative: for ever. */
inline int milliseconds(std::chrono::nanoseconds timeout)
{
    if (timeout.count() < 0)
        return -1;
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
    return ms > INT_MAX ? INT_MAX : static_cast<int>(ms);
}

/* What a call returns, or the error that it throws. */
template <class Call>
auto caught(Call call) -> Result<decltype(call())>
{
    try {
        return call();
    } catch (Error &error) {
        return std::move(error);
    }
}

} // namespace detail

/* Waits for ever. */
inline constexpr std::chrono::nanoseconds forever{-1};

/* The state of a writer. */
enum class State {
    live = MAPCAST_LIVE,
    stalled = MAPCAST_STALLED,
    dead = MAPCAST_DEAD,
    closed = MAPCAST_CLOSED,
    retired = MAPCAST_RETIRED,
    stale = MAPCAST_STALE,
};

inline std::string_view name(State state)
{
    return mapcast_state_name(static_cast<int>(state));
}

using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

/* A record, and which one it is. */
template <class T>
struct Sample {
    T record;
    std::uint64_t lineage, sequence;
    /* CLOCK_BOOTTIME when it was published. */
    std::chrono::nanoseconds published_at;

    const T &operator*() const noexcept { return record; }
    const T *operator->() const noexcept { return &record; }
};

namespace detail {

template <class T>
Sample<T> named(Sample<T> sample, const mapcast_publication &which)
{
    sample.lineage = which.lineage;
    sample.sequence = which.sequence;
    sample.published_at = std::chrono::nanoseconds(which.published_at_ns);
    return sample;
}

} // namespace detail

/* Settings of a writer: see struct mapcast_options. */
struct Options {
    std::uint32_t slots = 8;
    std::uint32_t mode = 0644;
    std::string group{};
    std::chrono::nanoseconds period{0};
    bool wake = true;

    mapcast_options raw() const
    {
        mapcast_options raw = MAPCAST_OPTIONS;
        raw.slots = slots;
        raw.mode = mode;
        raw.group = group.empty() ? nullptr : detail::c_str(group);
        if (period.count() < 0)
            throw Error::invalid("the period is negative", "give a time, or 0 for none");
        raw.period_ns = static_cast<std::uint64_t>(period.count());
        raw.no_wake = wake ? 0 : 1;
        return raw;
    }
};

/* Publishes records of T to a region, of which it is the only writer. Closes it at its end. */
template <class T>
class Writer {
public:
    /* Creates, resumes or replaces the region: a name, or a path with a '/'. */
    explicit Writer(const std::string &at, const Options &options = {})
    {
        const mapcast_options raw = options.raw();
        handle_ = Handle(mapcast_writer_open(detail::c_str(at), &Layout<T>::get(), &raw));
    }

    /* The same, but waits for the end of another writer, and then takes over at once; throws MAPCAST_ERR_BUSY after
     * the timeout. */
    static Writer standby(const std::string &at, std::chrono::nanoseconds timeout = forever,
                          const Options &options = {})
    {
        const mapcast_options raw = options.raw();
        Writer writer;
        writer.handle_ = Handle(mapcast_writer_open_standby(
            detail::c_str(at), &Layout<T>::get(), &raw, detail::milliseconds(timeout)));
        return writer;
    }

    static Result<Writer> try_open(const std::string &at, const Options &options = {})
    {
        return detail::caught([&] { return Writer(at, options); });
    }

    void publish(const T &record)
    {
        detail::expect(mapcast_writer_publish(handle_.get(), &record, sizeof record));
    }

    Result<Done> try_publish(const T &record)
    {
        return detail::caught([&] {
            publish(record);
            return Done{};
        });
    }

    /* For a writer with a period that has nothing to publish. */
    void heartbeat() { detail::expect(mapcast_writer_heartbeat(handle_.get())); }

    /* The number of the newest record; 0: there is none. */
    std::uint64_t sequence() const { return mapcast_writer_sequence(handle_.get()); }
    std::string path() const { return detail::text(mapcast_writer_path(handle_.get())); }

private:
    using Handle = detail::Owned<mapcast_writer, mapcast_writer_close>;

    Writer() = default;
    Handle handle_;
};

/* What has happened to a region: a record, or something about its writer or file. */
template <class T>
class Event {
public:
    /* MAPCAST_EVENT_... */
    std::uint32_t kind() const noexcept { return raw_.kind; }
    bool is_record() const noexcept { return raw_.kind == MAPCAST_EVENT_RECORD; }
    /* The record of MAPCAST_EVENT_RECORD; nullptr else. */
    const T *record() const noexcept { return is_record() ? &record_ : nullptr; }
    std::uint64_t sequence() const noexcept { return raw_.sequence; }
    std::uint64_t lineage() const noexcept { return raw_.lineage; }
    /* Of MAPCAST_EVENT_MISSED: how many records are gone. */
    std::uint64_t missed() const noexcept { return raw_.missed; }
    /* Of MAPCAST_EVENT_WRITER. */
    State state() const noexcept { return static_cast<State>(raw_.state); }
    /* When the record was published, by the wall clock of its writer. */
    WallTime wall_time() const { return WallTime(std::chrono::nanoseconds(raw_.wall_time_ns)); }
    /* The name of the instance; "" in a region of one record. */
    const std::string &instance() const noexcept { return instance_; }

private:
    template <class>
    friend class Follower;

    explicit Event(const mapcast_event &raw) : raw_(raw)
    {
        /* A copy of the bytes: the record need not be aligned for T. */
        if (is_record())
            std::memcpy(&record_, raw.record, sizeof record_);
        if (raw.instance_name != nullptr)
            instance_ = raw.instance_name;
    }

    mapcast_event raw_;
    T record_{};
    std::string instance_;
};

/* Every event of a region, in order; the region need not exist yet. */
template <class T>
class Follower {
public:
    /* Begins with the record number `first`, MAPCAST_BEGIN_NEWEST or MAPCAST_BEGIN_OLDEST. */
    explicit Follower(const std::string &at, std::uint64_t first = MAPCAST_BEGIN_NEWEST)
        : handle_(mapcast_follower_open(detail::c_str(at), &Layout<T>::get(), first))
    {
    }

    /* Ends a loop over the events when there was none for so long. */
    Follower idle(std::chrono::nanoseconds timeout) &&
    {
        idle_ = timeout;
        return std::move(*this);
    }

    /* The next event; none after the timeout. */
    std::optional<Event<T>> next(std::chrono::nanoseconds timeout = forever)
    {
        mapcast_event event;
        const int code = mapcast_follower_next(handle_.get(), &event, detail::milliseconds(timeout));
        if (detail::expect(code) == MAPCAST_NOTHING)
            return std::nullopt;
        return Event<T>(event);
    }

    Result<std::optional<Event<T>>> try_next(std::chrono::nanoseconds timeout = forever)
    {
        return detail::caught([&] { return next(timeout); });
    }

    /* Readable while there may be an event: poll it, then call next(0ns) until there is none. */
    int fd() { return detail::expect(mapcast_follower_fd(handle_.get())); }

    /* The events, for a loop: for (const auto &event : follower). */
    class iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Event<T>;
        using difference_type = std::ptrdiff_t;
        using pointer = const Event<T> *;
        using reference = const Event<T> &;

        iterator() = default;
        reference operator*() const { return *event_; }
        pointer operator->() const { return &*event_; }
        iterator &operator++()
        {
            event_ = of_->next(of_->idle_);
            return *this;
        }
        void operator++(int) { ++*this; }
        /* Only with the end. */
        bool operator==(const iterator &other) const { return !event_ == !other.event_; }
        bool operator!=(const iterator &other) const { return !(*this == other); }

    private:
        friend class Follower;
        explicit iterator(Follower *of) : of_(of) { ++*this; }
        Follower *of_ = nullptr;
        std::optional<Event<T>> event_;
    };

    iterator begin() { return iterator(this); }
    iterator end() { return iterator(); }

private:
    using Handle = detail::Owned<mapcast_follower, mapcast_follower_close>;
    Handle handle_;
    std::chrono::nanoseconds idle_ = forever;
};

/* Reads the newest record of a region. */
template <class T>
class Reader {
public:
    /* Attaches to the region: a name, or a path with a '/'. */
    explicit Reader(const std::string &at)
        : handle_(mapcast_reader_open(detail::c_str(at), &Layout<T>::get())), at_(at)
    {
    }

    static Result<Reader> try_open(const std::string &at)
    {
        return detail::caught([&] { return Reader(at); });
    }

    /* The newest record; none if nothing has been published yet. */
    std::optional<Sample<T>> latest()
    {
        Sample<T> sample{};
        mapcast_publication which;
        const int code =
            mapcast_reader_latest(handle_.get(), &sample.record, sizeof sample.record, &which);
        if (detail::expect(code) == MAPCAST_NOTHING)
            return std::nullopt;
        return detail::named(sample, which);
    }

    Result<std::optional<Sample<T>>> try_latest()
    {
        return detail::caught([&] { return latest(); });
    }

    /* Sleeps until there is a newer record than the last one read, a second at the most. */
    void wait(std::chrono::nanoseconds timeout = forever)
    {
        detail::expect(mapcast_reader_wait(handle_.get(), detail::milliseconds(timeout)));
    }

    State state() const
    {
        return static_cast<State>(detail::expect(mapcast_reader_state(handle_.get())));
    }

    /* How long ago the last record read was published, if that is known. */
    std::optional<std::chrono::nanoseconds> age() const
    {
        return known(mapcast_reader_age_ns(handle_.get()));
    }

    /* When the last record read was published, by the wall clock of its writer. */
    std::optional<WallTime> wall_time() const
    {
        const auto since_1970 = known(mapcast_reader_wall_time_ns(handle_.get()));
        return since_1970 ? std::optional<WallTime>(WallTime(*since_1970)) : std::nullopt;
    }

    std::string path() const { return detail::text(mapcast_reader_path(handle_.get())); }

    /* Every event of the region from its newest record on. */
    Follower<T> follow() const
    {
        handle_.get(); /* after a move at_ is of no region */
        return Follower<T>(at_);
    }

private:
    static std::optional<std::chrono::nanoseconds> known(std::int64_t nanoseconds)
    {
        return nanoseconds < 0 ? std::nullopt
                               : std::optional(std::chrono::nanoseconds(nanoseconds));
    }

    using Handle = detail::Owned<mapcast_reader, mapcast_reader_close>;
    Handle handle_;
    std::string at_;
};

/* One of many records of a region: from join, find or list. That of a writer means nothing to a reader. */
using Instance = mapcast_instance;

/* Publishes the records of a region's instances, each by a name of its own. Closes the region at its end. */
template <class T>
class InstanceWriter {
public:
    /* Creates, resumes or replaces the region, for up to `max` instances. */
    InstanceWriter(const std::string &at, std::uint32_t max, const Options &options = {})
    {
        const mapcast_options raw = options.raw();
        handle_ = Handle(
            mapcast_instance_writer_open(detail::c_str(at), &Layout<T>::get(), max, &raw));
    }

    /* The instance of this name, which joins the region if it is not there. */
    Instance join(const std::string &name)
    {
        Instance instance;
        detail::expect(mapcast_instance_writer_join(handle_.get(), detail::c_str(name), &instance));
        return instance;
    }

    void publish(const Instance &instance, const T &record)
    {
        detail::expect(
            mapcast_instance_writer_publish(handle_.get(), instance, &record, sizeof record));
    }

    /* Gives its place to another. */
    void retire(const Instance &instance)
    {
        detail::expect(mapcast_instance_writer_retire(handle_.get(), instance));
    }

private:
    using Handle = detail::Owned<mapcast_instance_writer, mapcast_instance_writer_close>;
    Handle handle_;
};

/* Reads the newest record of each instance of a region. A Follower<T> gets the events of all of them. */
template <class T>
class InstanceReader {
public:
    explicit InstanceReader(const std::string &at)
        : handle_(mapcast_instance_reader_open(detail::c_str(at), &Layout<T>::get()))
    {
    }

    /* The instance of this name, if it is there. Looks at every name: keep the result. */
    std::optional<Instance> find(const std::string &name) const
    {
        Instance found;
        const int code = mapcast_instance_reader_find(handle_.get(), detail::c_str(name), &found);
        return detail::expect(code) == MAPCAST_OK ? std::optional(found) : std::nullopt;
    }

    /* The newest record of an instance, if it has one. After MAPCAST_ERR_NO_SUCH_INSTANCE find it again. */
    std::optional<Sample<T>> latest(const Instance &instance)
    {
        Sample<T> sample{};
        mapcast_publication which;
        const int code = mapcast_instance_reader_latest(handle_.get(), instance, &sample.record,
                                                        sizeof sample.record, &which);
        if (detail::expect(code) == MAPCAST_NOTHING)
            return std::nullopt;
        return detail::named(sample, which);
    }

    /* All instances that there are now. */
    std::vector<std::pair<std::string, Instance>> list()
    {
        const int count = detail::expect(mapcast_instance_reader_list(handle_.get()));
        std::vector<std::pair<std::string, Instance>> listed;
        Instance instance;
        for (int i = 0; i < count; i++) {
            const auto index = static_cast<std::uint32_t>(i);
            const char *name = mapcast_instance_reader_listed(handle_.get(), index, &instance);
            listed.emplace_back(detail::text(name), instance);
        }
        return listed;
    }

private:
    using Handle = detail::Owned<mapcast_instance_reader, mapcast_instance_reader_close>;
    Handle handle_;
};

/* Writes a file that is a T, or an array of T, and nothing else, for programs without this library. Their records may
 * be torn, and nothing can tell. */
template <class T>
class BareWriter {
public:
    /* Creates the file, or continues in the one that is there: a name, or a path with a '/'. Of the options, mode and
     * group count. */
    explicit BareWriter(const std::string &at, std::uint32_t count = 1, const Options &options = {})
    {
        const mapcast_options raw = options.raw();
        handle_ = Handle(
            mapcast_bare_writer_open_array(detail::c_str(at), &Layout<T>::get(), count, &raw));
    }

    /* Overwrites the record of a file that holds one. */
    void publish(const T &record)
    {
        detail::expect(mapcast_bare_writer_publish(handle_.get(), &record, sizeof record));
    }

    /* Writes record number `index` of an array, from 0 on. */
    void publish_at(std::uint32_t index, const T &record)
    {
        detail::expect(
            mapcast_bare_writer_publish_at(handle_.get(), index, &record, sizeof record));
    }

private:
    using Handle = detail::Owned<mapcast_bare_writer, mapcast_bare_writer_close>;
    Handle handle_;
};

/* Reads a file that is a T, or an array of T, and nothing else. Records may be torn. */
template <class T>
class BareReader {
public:
    explicit BareReader(const std::string &at, std::uint32_t count = 1)
        : handle_(mapcast_bare_reader_open_array(detail::c_str(at), &Layout<T>::get(), count))
    {
    }

    /* The record of a file that has one. */
    T latest()
    {
        T record{};
        detail::expect(mapcast_bare_reader_latest(handle_.get(), &record, sizeof record));
        return record;
    }

    /* Record number `index` of an array, from 0 on. */
    T latest_at(std::uint32_t index)
    {
        T record{};
        detail::expect(
            mapcast_bare_reader_latest_at(handle_.get(), index, &record, sizeof record));
        return record;
    }

private:
    using Handle = detail::Owned<mapcast_bare_reader, mapcast_bare_reader_close>;
    Handle handle_;
};

} // namespace mapcast

/* A member, with its unit, a text about it, and labels if there are any: the compiler knows its type. */
#define MAPCAST_FIELD(STRUCT, MEMBER, ...) \
    mapcast::detail::field<decltype(STRUCT::MEMBER)>(#MEMBER, offsetof(STRUCT, MEMBER), __VA_ARGS__)

/* Names values of ENUM: MAPCAST_LABELS(Mode, {Mode::off, "off"}, {Mode::on, "on"}). */
#define MAPCAST_LABELS(ENUM, ...) \
    template <> \
    struct mapcast::Labels<ENUM> { \
        static constexpr mapcast::Label<ENUM> named[] = {__VA_ARGS__}; \
        static constexpr auto all = mapcast::detail::raw(named); \
    };

/* Makes STRUCT the record NAME, with these fields. */
#define MAPCAST_RECORD(STRUCT, NAME, ...) \
    template <> \
    struct mapcast::Layout<STRUCT> { \
        static const mapcast_layout &get() \
        { \
            static_assert(std::is_trivially_copyable_v<STRUCT> && std::is_standard_layout_v<STRUCT>, \
                          "a record is copied byte by byte"); \
            static const mapcast_field fields[] = {__VA_ARGS__}; \
            static const mapcast_layout layout = MAPCAST_LAYOUT(STRUCT, NAME, fields); \
            return layout; \
        } \
    };

#endif /* MAPCAST_HPP */
