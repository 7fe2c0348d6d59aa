"""What the Android project's session is made to do on the JVM, and what the model answers meanwhile."""

from __future__ import annotations

from backend.records import FormatName

MAIN = """
import android.content.Context
import android.net.Uri
import com.example.functiongemma.*
import com.google.ai.edge.litertlm.*
import java.io.File

fun wait(): Shown {
    while (Session.shown.busy) Thread.sleep(1)
    return Session.shown
}

fun main() {
    val test = ReadCallTest()
    val methods = ReadCallTest::class.java.methods.filter { it.isAnnotationPresent(org.junit.Test::class.java) }
    println(methods.map { it.invoke(test); it.name }.sorted())
    val folder = File("files").also { it.mkdirs() }
    File("cache").mkdirs()
    val picked = File("picked").also { it.writeText("x".repeat(200_000)) }
    val context = Context(folder)
    Session.start(context)
    println(wait().status)
    Session.ask("too early", keep = false)
    println(wait().status)
    Session.copy(context, Uri(picked))
    println(wait().status.replace(Regex("[0-9]+ ms"), "N ms"))
    println(folder.list()!!.toList())
    FakeModel.reply = { REPLY }
    Session.ask("hall", keep = true)
    println(wait().calls.lines().last())
    println(wait().text)
    Session.renew()
    println(wait().calls.isEmpty())
    Session.ask("hall", keep = false)
    println(wait().problem.isEmpty())
    println(Session.log.lines().filter { it.startsWith("> ") || it.startsWith("---") })
    println(Session.log.lines().take(6)); val there = ModelFile(folder)
    for (content in listOf("damaged", "other ABI")) {
        Session.copy(context, Uri(picked.also { it.writeText(content) }))
        println(wait().status + wait().ready)
        println(folder.list()!!.toList() + there.file.length() + context.cacheDir.list()!!.toList())
    }
    Session.ask("still there", keep = false)
    println(wait().problem.isEmpty())
    Session.copy(context, Uri(picked.also { it.writeText("better") }))
    println(wait().status.startsWith(there.file.name + ": loaded") && there.file.readText() == "better")
    Session.ask("word\\n".repeat(800), keep = false)
    wait()
    println("${Session.log.lines().size} ${Session.log.lines()[4]}")
    for (said in listOf("", "I cannot do that.", "<pad>")) {
        FakeModel.reply = { Message.model(Contents.of(said)) }
        Session.ask("what is jazz", keep = false)
        println("${wait().calls} | ${wait().text} | ${wait().problem.take(31)}")
    }
    println(Session.log.lines().count { it == NOTHING_TO_DO })
    val other = File("other").also { it.mkdirs(); picked.writeText("damaged") }
    Session.copy(Context(other), Uri(picked))
    println(wait().status + other.list()!!.toList())
    println(there.write("y".byteInputStream(), 1, { true }, {}))
    println(runCatching { there.write("y".byteInputStream(), 2, { false }, {}) }.exceptionOrNull()?.message)
    val seen = mutableListOf<Int>()
    println(there.write(ByteArray(1 shl 18).inputStream(), 1 shl 18, { false }, seen::add))
    println(seen)
    println(runCatching { there.download("file:///x", { false }, {}) }.exceptionOrNull()?.message)
    there.accept()
    println(folder.list()!!.toList() + there.file.length())
    kotlin.system.exitProcess(0)
}
"""


REPLIES: dict[FormatName, str] = {
    "native": """Message.model(
            Contents.of("done"), listOf(ToolCall("set_light", mapOf("room" to "x", "colour" to "rod"))),
        )""",
    "json": r"""Message.model(
            Contents.of("[{\"name\": \"set_light\", \"args\": {\"room\": \"x\", \"colour\": \"rod\"}}]"),
        )""",
}
"""What the model answers: a call with a misspelled value."""
