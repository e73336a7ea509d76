/* What mapcast.hpp does, with right and with wrong arguments: checks DIRECTORY. Prints "all hold". */
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mapcast.hpp>
#include <poll.h>

using namespace std::chrono_literals;

#define CHECK(CONDITION)                                                                            \
    do {                                                                                            \
        if (!(CONDITION)) {                                                                         \
            std::printf("%s:%d: %s: %s\n", __FILE__, __LINE__, #CONDITION, mapcast_last_error());   \
            std::exit(1);                                                                           \
        }                                                                                           \
    } while (0)
#define THROWS(EXPRESSION, CODE)                                                                    \
    do {                                                                                            \
        int code = 0;                                                                               \
        try {                                                                                       \
            (void)(EXPRESSION);                                                                     \
        } catch (const mapcast::Error &error) {                                                     \
            code = error.code();                                                                    \
        }                                                                                           \
        CHECK(code == (CODE));                                                                      \
    } while (0)

namespace robots {
enum class Mode : std::uint16_t { off, on };
struct Arm {
    std::int64_t turns;
    std::array<float, 3> at;
    float matrix[2][2];
    Mode mode;
    bool is_open;
    char label[13];
    std::array<Mode, 2> before;
    std::int8_t gear;
};
constexpr mapcast_label gears[] = {{-1, "reverse"}, {0, "neutral"}, {1, "first"}};
} // namespace robots

MAPCAST_LABELS(robots::Mode, {robots::Mode::off, "off"}, {robots::Mode::on, "on"})

MAPCAST_RECORD(robots::Arm, "arm",
    MAPCAST_FIELD(robots::Arm, turns, "", ""),
    MAPCAST_FIELD(robots::Arm, at, "m", "of the hand"),
    MAPCAST_FIELD(robots::Arm, matrix, "", ""),
    MAPCAST_FIELD(robots::Arm, mode, "", ""),
    MAPCAST_FIELD(robots::Arm, is_open, "", ""),
    MAPCAST_FIELD(robots::Arm, label, "", ""),
    MAPCAST_FIELD(robots::Arm, before, "", ""),
    MAPCAST_FIELD(robots::Arm, gear, "", "of the motor", robots::gears))

struct Other {
    std::uint8_t byte;
};
MAPCAST_RECORD(Other, "other", MAPCAST_FIELD(Other, byte, "", ""))

struct alignas(64) Wide {
    double lanes[6];
    std::int64_t one[1];
    std::array<std::int64_t, 1> alone;
};
MAPCAST_RECORD(Wide, "wide", MAPCAST_FIELD(Wide, lanes, "", ""), MAPCAST_FIELD(Wide, one, "", ""),
               MAPCAST_FIELD(Wide, alone, "", ""))

using robots::Arm;

static Arm arm(std::int64_t turns)
{
    return {turns, {{1, 2, 3}}, {{4, 5}, {6, 7}}, robots::Mode::on, true, "left",
            {{robots::Mode::off, robots::Mode::on}}, -1};
}

static void the_compiler_knows_the_fields()
{
    const mapcast_layout &layout = mapcast::Layout<Arm>::get();
    const std::uint32_t types[] = {MAPCAST_I64,  MAPCAST_F32,  MAPCAST_F32, MAPCAST_U16,
                                   MAPCAST_BOOL, MAPCAST_CHAR, MAPCAST_U16, MAPCAST_I8};
    const std::uint32_t counts[] = {0, 3, 4, 0, 0, 13, 2, 0}, labels[] = {0, 0, 0, 2, 0, 0, 2, 3};
    CHECK(layout.field_count == 8 && layout.size == sizeof(Arm));
    for (int i = 0; i < 8; i++) {
        const mapcast_field &field = layout.fields[i];
        CHECK(field.type == types[i] && field.count == counts[i] && field.label_count == labels[i]);
    }
}

/* A field of the newest record, as another program prints it, which has the labels from the region. */
static std::string shown(const std::string &at, std::uint32_t field)
{
    mapcast_reader *reader = mapcast_reader_open(at.c_str(), nullptr);
    const mapcast_layout *layout = mapcast_reader_layout(reader);
    Arm record{};
    char text[64];
    CHECK(mapcast_reader_latest(reader, &record, sizeof record, nullptr) == MAPCAST_OK);
    CHECK(mapcast_format_field(&layout->fields[field], &record, sizeof record, text, sizeof text) > 0);
    mapcast_reader_close(reader);
    return text;
}

static void labels_are_in_the_region(const std::string &at)
{
    mapcast::Writer<Arm> writer(at);
    writer.publish(arm(1));
    CHECK(shown(at, 3) == "on" && shown(at, 7) == "reverse");
}

static void what_is_published_is_read(const std::string &at)
{
    mapcast::Options options;
    options.slots = 16;
    mapcast::Writer<Arm> writer(at, options);
    mapcast::Reader<Arm> reader(at);
    CHECK(!reader.latest() && !reader.age() && !reader.wall_time());
    writer.publish(arm(1));
    reader.wait(1s);
    const auto sample = reader.latest();
    CHECK(sample && (*sample)->turns == 1 && std::strcmp((*sample)->label, "left") == 0);
    CHECK(sample->sequence == 1 && sample->lineage != 0 && sample->published_at > 0ns);
    CHECK(reader.age() && *reader.wall_time() <= std::chrono::system_clock::now() + 1h);
    CHECK(reader.state() == mapcast::State::live && writer.sequence() == 1);
    CHECK(reader.path() == at && writer.path() == at && mapcast::name(reader.state()) == "live");
    writer.heartbeat();
    {
        mapcast::Writer<Arm> moved = std::move(writer);
        CHECK(moved.try_publish(arm(2)));
    }
    CHECK(reader.state() == mapcast::State::closed);
    CHECK((*reader.try_latest().value())->turns == 2);
    mapcast::Writer<Arm> next = mapcast::Writer<Arm>::standby(at, 1s);
    THROWS(mapcast::Writer<Arm>::standby(at, 1ms), MAPCAST_ERR_BUSY);
}

static void errors_are_thrown_or_returned(const std::string &at)
{
    THROWS(mapcast::Reader<Arm>(at + "none"), MAPCAST_ERR_NOT_THERE);
    THROWS(mapcast::Reader<Other>(at), MAPCAST_ERR_OTHER_RECORD);
    THROWS(mapcast::Writer<Arm>("no name"), MAPCAST_ERR_BAD_NAME);
    THROWS(mapcast::Follower<Arm>("no name"), MAPCAST_ERR_BAD_NAME);
    THROWS(mapcast::Reader<Arm>(at + '\0'), MAPCAST_ERR_INVALID);
    mapcast::Options options;
    options.period = -1s;
    THROWS(mapcast::Writer<Arm>(at, options), MAPCAST_ERR_INVALID);
    auto reader = mapcast::Reader<Arm>::try_open(at + "none");
    CHECK(!reader && reader.error().path() == at + "none");
    CHECK(reader.error().fact() == "no such region" && !reader.error().advice().empty());
    THROWS(reader.value(), MAPCAST_ERR_NOT_THERE);
    auto writer = mapcast::Writer<Arm>::try_open(at + "second");
    CHECK(writer && writer->try_publish(arm(1)));
}

static void a_constant_result_has_its_value(const std::string &at)
{
    mapcast::Writer<Arm> writer(at);
    writer.publish(arm(4));
    mapcast::Reader<Arm> reader(at);
    if (const auto sample = reader.try_latest())
        CHECK((**sample)->turns == 4 && sample->has_value() && sample.value()->sequence == 1);
    else
        CHECK(!"there is a record");
    const auto none = mapcast::Reader<Arm>::try_open(at + "none");
    THROWS(none.value(), MAPCAST_ERR_NOT_THERE);
}

/* What an expression throws that uses an object that was moved from: not the earlier error of the thread. */
#define IS_MOVED_FROM(EXPRESSION)                                                                   \
    do {                                                                                            \
        CHECK(mapcast_reader_open("no name", nullptr) == nullptr);                                  \
        std::string fact;                                                                           \
        try {                                                                                       \
            (void)(EXPRESSION);                                                                     \
        } catch (const mapcast::Error &error) {                                                     \
            CHECK(error.code() == MAPCAST_ERR_INVALID && !error.advice().empty());                  \
            fact = error.fact();                                                                    \
        }                                                                                           \
        CHECK(fact == "the object was moved from");                                                 \
    } while (0)

static void an_object_that_was_moved_from_says_so(const std::string &at)
{
    mapcast::Writer<Arm> first(at), writer = std::move(first);
    IS_MOVED_FROM((first.publish(arm(1)), 0));
    IS_MOVED_FROM(first.try_publish(arm(1)).value());
    IS_MOVED_FROM((first.heartbeat(), 0));
    IS_MOVED_FROM(first.sequence());
    IS_MOVED_FROM(first.path());
    mapcast::Reader<Arm> one(at), reader = std::move(one);
    IS_MOVED_FROM(one.latest());
    IS_MOVED_FROM(one.try_latest().value());
    IS_MOVED_FROM((one.wait(1ms), 0));
    IS_MOVED_FROM(one.state());
    IS_MOVED_FROM(one.age());
    IS_MOVED_FROM(one.wall_time());
    IS_MOVED_FROM(one.path());
    IS_MOVED_FROM(one.follow());
    mapcast::Follower<Arm> follower(at), moved = std::move(follower);
    IS_MOVED_FROM(follower.next(0ns));
    IS_MOVED_FROM(follower.try_next(0ns).value());
    IS_MOVED_FROM(follower.fd());
    IS_MOVED_FROM(follower.begin());
    mapcast::InstanceWriter<Arm> many(at + "many", 2), all = std::move(many);
    const mapcast::Instance left = all.join("left");
    IS_MOVED_FROM(many.join("left"));
    IS_MOVED_FROM((many.publish(left, arm(1)), 0));
    IS_MOVED_FROM((many.retire(left), 0));
    mapcast::InstanceReader<Arm> from(at + "many"), to = std::move(from);
    IS_MOVED_FROM(from.find("left"));
    IS_MOVED_FROM(from.latest(left));
    IS_MOVED_FROM(from.list());
    mapcast::BareWriter<Arm> bare(at + "bare"), to_bare = std::move(bare);
    IS_MOVED_FROM((bare.publish(arm(1)), 0));
    IS_MOVED_FROM((bare.publish_at(0, arm(1)), 0));
    mapcast::BareReader<Arm> plain(at + "bare"), to_plain = std::move(plain);
    IS_MOVED_FROM(plain.latest());
    IS_MOVED_FROM(plain.latest_at(0));
    first = std::move(writer);
    first.publish(arm(2));
    CHECK(reader.latest()->record.turns == 2);
}

static void a_loop_gets_every_event(const std::string &at)
{
    auto writer = std::make_unique<mapcast::Writer<Arm>>(at);
    mapcast::Follower<Arm> follower(at, 1);
    pollfd polled{follower.fd(), POLLIN, 0};
    CHECK(poll(&polled, 1, 60000) == 1);
    for (std::int64_t i = 1; i <= 3; i++)
        writer->publish(arm(i));
    writer.reset();
    std::int64_t records = 0;
    bool is_closed = false;
    for (const auto &event : follower) {
        if (const Arm *found = event.record()) {
            records++;
            CHECK(found->turns == records && event.sequence() == std::uint64_t(records));
            CHECK(event.instance().empty() && event.lineage() != 0);
            CHECK(event.wall_time().time_since_epoch() > 0ns);
        } else if (event.kind() == MAPCAST_EVENT_WRITER) {
            CHECK(event.record() == nullptr);
            is_closed = event.state() == mapcast::State::closed;
            break;
        }
    }
    CHECK(records == 3 && is_closed);
    CHECK(!follower.next(0ns) && !*follower.try_next(1ms));
    int more = 0;
    for (const auto &event : mapcast::Reader<Arm>(at).follow().idle(1ms))
        more += event.is_record();
    CHECK(more == 1);
}

/* The record of an event is aligned to 8 bytes only. */
static void a_struct_of_any_alignment_is_followed(const std::string &at)
{
    const mapcast_layout &layout = mapcast::Layout<Wide>::get();
    CHECK(layout.fields[0].count == 6 && layout.fields[1].count == 1 && layout.fields[2].count == 1);
    mapcast::Writer<Wide> writer(at);
    int records = 0;
    for (int i = 0; i < 4; i++) {
        writer.publish(Wide{{1, 2, 3, 4, 5, 6}, {7}, {{8}}});
        for (const auto &event : mapcast::Follower<Wide>(at).idle(1ms))
            records += event.record() != nullptr && event.record()->lanes[5] == 6;
    }
    CHECK(records == 4);
}

static void instances_have_records_of_their_own(const std::string &at)
{
    mapcast::InstanceWriter<Arm> writer(at, 2);
    const mapcast::Instance left = writer.join("left"), right = writer.join("right");
    THROWS(writer.join("third"), MAPCAST_ERR_FULL);
    writer.publish(left, arm(1));
    writer.publish(right, arm(2));
    mapcast::InstanceReader<Arm> reader(at);
    const auto found = reader.find("right");
    CHECK(found && (*reader.latest(*found))->turns == 2 && !reader.find("third"));
    const auto listed = reader.list();
    CHECK(listed.size() == 2 && listed[0].first == "left" && listed[1].first == "right");
    CHECK(reader.latest(listed[0].second)->sequence == 1);
    writer.retire(right);
    THROWS(reader.latest(*found), MAPCAST_ERR_NO_SUCH_INSTANCE);
    THROWS(writer.publish(right, arm(3)), MAPCAST_ERR_NO_SUCH_INSTANCE);
    THROWS(mapcast::Reader<Arm>(at), MAPCAST_ERR_INSTANCES);
    bool has_joined = false;
    for (const auto &event : mapcast::Follower<Arm>(at).idle(1ms))
        has_joined |= event.kind() == MAPCAST_EVENT_JOINED && event.instance() == "left";
    CHECK(has_joined);
}

static void a_bare_file_is_a_record_or_an_array(const std::string &at)
{
    mapcast::BareWriter<Arm> one(at);
    one.publish(arm(1));
    CHECK(mapcast::BareReader<Arm>(at).latest().turns == 1);
    THROWS(mapcast::BareReader<Arm>(at, 2), MAPCAST_ERR_OTHER_RECORD);
    THROWS(mapcast::BareReader<Other>(at), MAPCAST_ERR_OTHER_RECORD);

    mapcast::BareWriter<Arm> writer(at + "s", 3);
    THROWS((mapcast::BareWriter<Arm>(at + "s", 3)), MAPCAST_ERR_BUSY);
    for (std::uint32_t i = 0; i < 3; i++)
        writer.publish_at(i, arm(10 + i));
    mapcast::BareReader<Arm> reader(at + "s", 3);
    CHECK(reader.latest_at(0).turns == 10 && reader.latest_at(2).turns == 12);
    THROWS(writer.publish_at(3, arm(1)), MAPCAST_ERR_INVALID);
    THROWS(reader.latest_at(3), MAPCAST_ERR_INVALID);
    THROWS(writer.publish(arm(1)), MAPCAST_ERR_WRONG_SIZE);
    THROWS(reader.latest(), MAPCAST_ERR_WRONG_SIZE);
    THROWS((mapcast::BareWriter<Arm>(at + "0", 0)), MAPCAST_ERR_INVALID);
}

int main(int argc, char **argv)
{
    const std::string directory = argc > 1 ? argv[1] : ".";
    the_compiler_knows_the_fields();
    labels_are_in_the_region(directory + "/labels");
    what_is_published_is_read(directory + "/arm");
    errors_are_thrown_or_returned(directory + "/arm");
    a_constant_result_has_its_value(directory + "/const");
    an_object_that_was_moved_from_says_so(directory + "/moved");
    a_loop_gets_every_event(directory + "/loop");
    a_struct_of_any_alignment_is_followed(directory + "/wide");
    instances_have_records_of_their_own(directory + "/arms");
    a_bare_file_is_a_record_or_an_array(directory + "/bare");
    std::printf("all hold\n");
}
