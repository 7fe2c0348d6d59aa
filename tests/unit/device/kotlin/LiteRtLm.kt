// The shape of litertlm-android 0.18.0's Kotlin API, as far as the kit uses it: names, parameters, defaults and types
// as in LiteRT-LM's sources. It leaves out the model: a conversation answers with `FakeModel`'s replies, and throws
// where the real one throws, with the words that runtime 0.18.1 was seen to use (2026-11-28).
package com.google.ai.edge.litertlm

import java.io.File

object FakeModel {
    var reply: () -> Message = { Message.model(Contents.of("")) }
    val asked = mutableListOf<String>()

    /** Whether the runtime's own constraints know the vocabulary of the file. */
    var knowsVocabulary = false

    /** Whether the newest conversation was created with constrained decoding. */
    var wasConstrained = false

    fun malformed(raw: String) = LiteRtLmJniException(
        "Failed to send message: INVALID_ARGUMENT: Failed to parse tool calls from code block: ${raw.substringAfter('>')}\n" +
            "full response: $raw\nerror: Failed to parse FC tool calls: FallThrough(ParseCancelledError(…))",
    )
}

class LiteRtLmJniException(message: String) : RuntimeException(message)

@RequiresOptIn(level = RequiresOptIn.Level.ERROR)
@Retention(AnnotationRetention.BINARY)
@Target(AnnotationTarget.CLASS, AnnotationTarget.FUNCTION)
annotation class ExperimentalApi

@ExperimentalApi
object ExperimentalFlags {
    var enableConversationConstrainedDecoding: Boolean = false
}

sealed class Backend(val name: String) {
    data class CPU(val threadCount: Int? = null) : Backend("CPU")

    class GPU : Backend("GPU")

    data class NPU(val nativeLibraryDir: String = "") : Backend("NPU")
}

enum class ActivationDataType(val value: Int) { FLOAT32(0), FLOAT16(1), INT16(2), INT8(3) }

data class EngineConfig @JvmOverloads constructor(
    val modelPath: String,
    val backend: Backend = Backend.CPU(),
    val visionBackend: Backend? = null,
    val audioBackend: Backend? = null,
    val maxNumTokens: Int? = null,
    val maxNumImages: Int? = null,
    val cacheDir: String? = null,
    val activationDataType: ActivationDataType? = null,
)

data class SamplerConfig(val topK: Int, val topP: Double, val temperature: Double, val seed: Int = 0)

data class ConversationConfig @JvmOverloads constructor(
    val systemInstruction: Contents? = null,
    val initialMessages: List<Message> = listOf(),
    val tools: List<ToolProvider> = listOf(),
    val samplerConfig: SamplerConfig? = null,
    val automaticToolCalling: Boolean = true,
    val extraContext: Map<String, Any> = emptyMap(),
    val prefillPrefaceOnInit: Boolean = false,
    val maxOutputToken: Int? = null,
)

class Engine(val engineConfig: EngineConfig) : AutoCloseable {
    private var initialized = false

    fun isInitialized(): Boolean = initialized

    fun initialize() {
        check(!initialized) { "Engine is already initialized." }
        if (engineConfig.modelPath == "missing") throw LiteRtLmJniException("Failed to create engine: NOT_FOUND")
        val first = File(engineConfig.modelPath).takeIf(File::isFile)?.useLines { it.firstOrNull() }
        if (first == "damaged") throw LiteRtLmJniException("Failed to create engine: INVALID_ARGUMENT")
        if (first == "other ABI") throw UnsatisfiedLinkError("no liblitertlm_jni.so")
        engineConfig.cacheDir?.let(::File)?.takeIf(File::isDirectory)?.resolve("cache")?.writeText("")
        initialized = true
    }

    @OptIn(ExperimentalApi::class)
    fun createConversation(conversationConfig: ConversationConfig = ConversationConfig()): Conversation {
        check(initialized) { "Engine is not initialized." }
        if (ExperimentalFlags.enableConversationConstrainedDecoding && !FakeModel.knowsVocabulary) {
            throw LiteRtLmJniException(
                "Failed to create conversation: Unsupported vocabulary type for Fst-Constraints library",
            )
        }
        FakeModel.wasConstrained = ExperimentalFlags.enableConversationConstrainedDecoding
        return Conversation(this, conversationConfig)
    }

    override fun close() {
        check(initialized) { "Engine is not initialized." }
        initialized = false
    }
}

class Conversation internal constructor(private val engine: Engine, private val config: ConversationConfig) : AutoCloseable {
    private var broken = false

    var isAlive: Boolean = true
        private set

    @JvmOverloads
    fun sendMessage(message: Message, extraContext: Map<String, Any> = emptyMap()): Message {
        check(isAlive) { "Conversation is not alive." }
        check(engine.isInitialized()) { "The process would have crashed: the conversation outlived its engine." }
        val said = message.contents.toString() + extraContext.values.joinToString("")
        FakeModel.asked += said
        if (!Charsets.UTF_8.newEncoder().canEncode(said)) {
            throw LiteRtLmJniException("Failed to send message: INVALID_ARGUMENT: Failed to parse message JSON")
        }
        if (broken) throw LiteRtLmJniException("Failed to send message: INTERNAL: Task failed with state: 7")
        if (said.length > 4 * (engine.engineConfig.maxNumTokens ?: 1024)) {
            broken = true
            throw LiteRtLmJniException(
                "Failed to send message: INVALID_ARGUMENT: Input token ids are too long. " +
                    "Exceeding the maximum number of tokens allowed: ${said.length / 4} >= 1024",
            )
        }
        val reply = FakeModel.reply()
        if (!config.automaticToolCalling || reply.toolCalls.isEmpty()) return reply
        val results = reply.toolCalls.map { call ->
            val tool = config.tools.first { "\"${call.name}\"" in it.declaration }
            Content.ToolResponse(call.name, tool.execute("{${call.arguments.entries.joinToString { "\"${it.key}\": ${it.value}" }}}"))
        }
        return Message.model(Contents.of(results))
    }

    @JvmOverloads
    fun sendMessage(contents: Contents, extraContext: Map<String, Any> = emptyMap()): Message =
        sendMessage(Message.user(contents), extraContext)

    @JvmOverloads
    fun sendMessage(text: String, extraContext: Map<String, Any> = emptyMap()): Message =
        sendMessage(Contents.of(text), extraContext)

    override fun close() {
        check(isAlive) { "Conversation is closed already." }
        isAlive = false
    }
}

class Message private constructor(val role: String, val contents: Contents, val toolCalls: List<ToolCall> = emptyList()) {
    override fun toString() = contents.toString()

    companion object {
        fun user(contents: Contents) = Message("user", contents)

        fun tool(contents: Contents) = Message("tool", contents)

        fun model(contents: Contents, toolCalls: List<ToolCall> = emptyList()) = Message("model", contents, toolCalls)
    }
}

class Contents private constructor(val contents: List<Content>) {
    override fun toString() = contents.joinToString("")

    companion object {
        fun of(text: String) = of(Content.Text(text))

        fun of(vararg contents: Content) = of(contents.toList())

        fun of(contents: List<Content>) = Contents(contents)
    }
}

sealed class Content {
    data class Text(val text: String) : Content() {
        override fun toString() = text
    }

    data class ToolResponse(val name: String, val response: Any?) : Content()
}

data class ToolCall(val name: String, val arguments: Map<String, Any?>)

abstract class ToolProvider {
    internal abstract val declaration: String

    internal abstract fun execute(paramsJsonString: String): String
}

interface OpenApiTool {
    fun getToolDescriptionJsonString(): String

    fun execute(paramsJsonString: String): String
}

interface ToolSet

fun tool(toolSet: ToolSet): ToolProvider = object : ToolProvider() {
    override val declaration = toolSet.toString()

    override fun execute(paramsJsonString: String) = paramsJsonString
}

fun tool(openApiTool: OpenApiTool): ToolProvider = object : ToolProvider() {
    override val declaration = openApiTool.getToolDescriptionJsonString()

    override fun execute(paramsJsonString: String) = openApiTool.execute(paramsJsonString)
}

fun declarations(tools: List<ToolProvider>) = tools.map { it.declaration.replace("\n", " ") }
