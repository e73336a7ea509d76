// Waits for its turn to write, then publishes until it is killed: turn REGION. Says "mine" when it begins.
#include <iostream>
#include <mapcast.hpp>

struct turn {
    std::uint64_t count, inverse, language;
};

MAPCAST_RECORD(turn, "turn",
    MAPCAST_FIELD(turn, count, "", "the number of the record"),
    MAPCAST_FIELD(turn, inverse, "", ""),
    MAPCAST_FIELD(turn, language, "", ""))

int main(int argc, char **argv)
{
    auto writer = mapcast::Writer<turn>::standby(argc > 1 ? argv[1] : "turn");
    std::cout << "mine" << std::endl;
    for (;;) {
        const std::uint64_t count = writer.sequence() + 1;
        writer.publish({count, ~count, '+'});
    }
}
