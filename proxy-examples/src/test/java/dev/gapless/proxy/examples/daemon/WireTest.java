package dev.gapless.proxy.examples.daemon;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class WireTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final DataOutputStream out = new DataOutputStream(bytes);

    private DataInputStream in() {
        return new DataInputStream(new ByteArrayInputStream(bytes.toByteArray()));
    }

    @Test
    void argumentsArriveAsTheyAre() throws IOException {
        List<String> arguments =
                List.of("deploy", "", "two words\nand a line", "\u00fc\u4e16\ud83d\ude00", "x".repeat(70_000));
        Wire.writeRequest(out, "/home/\u00fc", arguments);
        assertThat(Wire.readRequest(in())).isEqualTo(new Wire.Request("/home/\u00fc", arguments));
    }

    @Test
    void aReplyArrivesAsItIs() throws IOException {
        Reply reply = new Reply(1, "Error: \u00fc\n");
        Wire.writeReply(out, reply);
        assertThat(Wire.readReply(in())).isEqualTo(reply);
    }

    @Test
    void noLengthIsBelieved() throws IOException {
        out.writeInt(1);
        out.writeInt(Integer.MAX_VALUE);
        assertThatThrownBy(() -> Wire.readRequest(in())).hasMessageContaining("at most");
        bytes.reset();
        out.writeInt(-1);
        assertThatThrownBy(() -> Wire.readRequest(in())).hasMessageContaining("at most");
    }

    @Test
    void aRequestWithoutADirectoryIsNone() throws IOException {
        out.writeInt(0);
        assertThatThrownBy(() -> Wire.readRequest(in())).hasMessageContaining("directory");
    }

    @Test
    void halfARequestIsNone() throws IOException {
        out.writeInt(2);
        out.writeInt(1);
        out.write('x');
        assertThatThrownBy(() -> Wire.readRequest(in())).isInstanceOf(EOFException.class);
    }

    @Test
    void anErrorIsOneLine() {
        assertThat(Reply.error("first\n  second\r\nthird\n").text()).isEqualTo("Error: first; second; third\n");
    }
}
